import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from ledger import signups
from ledger.connection import Connection
from tests.integration.webapp.pages.conftest import Visitor
from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)

Taken = Callable[..., UUID]
Rows = Callable[[], dict[str, int]]


def lines(page: str) -> list[str]:
    steps = re.findall(r"<li data-job.*?</li>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", step).split()) for step in steps]


def test_the_form_leads_to_the_status_page_of_a_sign_up_that_is_on_disk(
    visitor: Visitor,
    client: FlaskClient,
    rows: Rows,
    ledger: Connection,
) -> None:
    answer = visitor.sign_up(email="Ada@Example.org", name="Ada")
    assert answer.status_code == 303
    assert re.fullmatch(r"/signups/[0-9a-f-]{36}", answer.headers["Location"])
    assert rows() == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 2}
    person = signups.find(ledger, "ada@example.org")
    assert person is not None
    assert (person.name, person.locale) == ("Ada", "en")
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"


def test_an_empty_name_is_none(visitor: Visitor, ledger: Connection) -> None:
    assert visitor.sign_up(email="ada@example.org", name="").status_code == 303
    assert ledger.execute("SELECT name FROM subscribers").fetchone() == (None,)


@pytest.mark.parametrize("typed", [{"email": "ada"}, {"email": "ada@example.org", "name": "<b>"}, {}])
def test_nothing_is_stored_of_a_form_that_is_refused(visitor: Visitor, rows: Rows, typed: dict[str, str]) -> None:
    assert visitor.sign_up(**typed).status_code == 422
    assert rows() == {}


def test_nothing_is_stored_without_a_token(client: FlaskClient, rows: Rows) -> None:
    assert client.post("/signups", data={"email": "ada@example.org"}).status_code == 400
    assert rows() == {}


def test_a_fresh_status_page_says_what_will_happen_and_reloads_itself_without_a_script(
    client: FlaskClient,
    taken: Taken,
) -> None:
    page = client.get(f"/signups/{taken()}").text
    assert lines(page) == ["Adding you to the newsletter — next in line", "Sending you a welcome mail — next in line"]
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert 'data-ask-in="1"' in page


def test_a_retry_says_whom_we_could_not_reach_and_when_we_try_again(
    client: FlaskClient,
    taken: Taken,
    worker: StandInWorker,
) -> None:
    url = f"/signups/{taken()}"
    worker.carry_out(NEWSLETTER, RETRIED)
    worker.carry_out(WELCOME, DONE)
    newsletter, welcome = lines(client.get(url).text)
    assert re.fullmatch(
        r"Adding you to the newsletter — we could not reach the newsletter yet next try in (39|40) s",
        newsletter,
    )
    assert welcome == "Sending you a welcome mail — done"


@pytest.mark.parametrize("move", [DONE, SKIPPED], ids=lambda move: move.event)
def test_a_finished_page_stays_as_it_is(client: FlaskClient, taken: Taken, worker: StandInWorker, move: Any) -> None:
    url = f"/signups/{taken()}"
    worker.carry_out(NEWSLETTER, move)
    worker.carry_out(WELCOME, move)
    page = client.get(url).text
    assert lines(page) == ["Adding you to the newsletter — done", "Sending you a welcome mail — done"]
    assert "Everything is done." in page
    assert "refresh" not in page
    assert "<script" not in page


def test_a_dead_job_is_told_without_its_code(client: FlaskClient, taken: Taken, worker: StandInWorker) -> None:
    url = f"/signups/{taken()}"
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
