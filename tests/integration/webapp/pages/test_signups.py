import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger import signups
from ledger.connection import Connection
from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)

SignUp = Callable[..., dict[str, Any]]
Rows = Callable[[], dict[str, int]]


def post(client: FlaskClient, **typed: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return client.post("/signups", data={"csrf_token": found[1], **typed})


def lines(page: str) -> list[str]:
    text = re.sub(r"<[^>]+>", " ", page[page.index('id="steps"') : page.index("</ul>")])
    return [" ".join(line.split()) for line in re.split(r"(?=Adding|Sending)", text)[1:]]


def test_the_form_leads_to_the_status_page_of_a_sign_up_that_is_on_disk(
    client: FlaskClient,
    rows: Rows,
    ledger: Connection,
) -> None:
    answer = post(client, email="Ada@Example.org", name="Ada")
    assert answer.status_code == 303
    assert re.fullmatch(r"/signups/[0-9a-f-]{36}", answer.headers["Location"])
    assert rows() == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 2}
    person = signups.find(ledger, "ada@example.org")
    assert person is not None
    assert (person.name, person.locale) == ("Ada", None)
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"


def test_an_empty_name_is_none(client: FlaskClient, ledger: Connection) -> None:
    assert post(client, email="ada@example.org", name="").status_code == 303
    assert ledger.execute("SELECT name FROM subscribers").fetchone() == (None,)


@pytest.mark.parametrize("typed", [{"email": "ada"}, {"email": "ada@example.org", "name": "<b>"}, {}])
def test_nothing_is_stored_of_a_form_that_is_refused(client: FlaskClient, rows: Rows, typed: dict[str, str]) -> None:
    assert post(client, **typed).status_code == 422
    assert rows() == {}


def test_nothing_is_stored_without_a_token(client: FlaskClient, rows: Rows) -> None:
    assert client.post("/signups", data={"email": "ada@example.org"}).status_code == 400
    assert rows() == {}


def test_a_fresh_status_page_says_what_will_happen_and_reloads_itself_without_a_script(
    client: FlaskClient,
    signed_up: SignUp,
) -> None:
    page = client.get(signed_up()["links"]["page"]).text
    assert lines(page) == ["Adding you to the newsletter — next in line", "Sending you a welcome mail — next in line"]
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert 'data-ask-in="1"' in page


def test_a_retry_says_whom_we_could_not_reach_and_when_we_try_again(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    url = signed_up()["links"]["page"]
    worker.carry_out(NEWSLETTER, RETRIED)
    worker.carry_out(WELCOME, DONE)
    newsletter, welcome = lines(client.get(url).text)
    assert re.fullmatch(
        r"Adding you to the newsletter — we could not reach the newsletter yet next try in (39|40) s",
        newsletter,
    )
    assert welcome == "Sending you a welcome mail — done"


@pytest.mark.parametrize("move", [DONE, SKIPPED], ids=lambda move: move.event)
def test_a_finished_page_stays_as_it_is(
    client: FlaskClient, signed_up: SignUp, worker: StandInWorker, move: Any
) -> None:
    url = signed_up()["links"]["page"]
    worker.carry_out(NEWSLETTER, move)
    worker.carry_out(WELCOME, move)
    page = client.get(url).text
    assert lines(page) == ["Adding you to the newsletter — done", "Sending you a welcome mail — done"]
    assert "Everything is done." in page
    assert "refresh" not in page
    assert "<script" not in page


def test_a_dead_job_is_told_without_its_code(client: FlaskClient, signed_up: SignUp, worker: StandInWorker) -> None:
    url = signed_up()["links"]["page"]
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DIED)
    page = client.get(url).text
    assert "this did not work" in lines(page)[1]
    assert "you need not sign up again" in page
    assert "address_rejected" not in page


def test_a_page_that_nobody_has_is_404_on_a_page(client: FlaskClient) -> None:
    for unknown in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        answer = client.get(f"/signups/{unknown}", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
