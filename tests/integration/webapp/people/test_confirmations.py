"""Confirming by link: only the button does it, and once."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import WebSettings
from ledger.connection import Connection
from tests.integration.ledger.ageing import YEARS, end_jobs, forget, grow_old
from tests.integration.webapp.people.conftest import Holder, Stored
from webapp.app import create_app
from webapp.desk import EXTENSION

MAIL = "notification.confirm.email"
REST = ["newsletter.subscribe", "notification.welcome.email"]


@pytest.fixture
def app(settings: WebSettings) -> Iterator[Flask]:
    app = create_app(settings.model_copy(update={"double_opt_in": True}))
    yield app
    app.extensions[EXTENSION].close()


def test_nothing_is_owed_but_the_question_until_the_button_is_pressed(client: FlaskClient, ada: Holder) -> None:
    assert ada.jobs() == [MAIL]
    assert client.post(ada.confirm).status_code == 303
    assert ada.jobs() == [MAIL, *REST]
    assert ada.now().confirmed_at is not None


def test_scanners_that_open_every_link_confirm_nothing(client: FlaskClient, ada: Holder, stored: Stored) -> None:
    before = stored()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        for _ in range(3):
            answer = client.open(ada.confirm, method=method, headers={"User-Agent": "a scanner"})
            assert answer.status_code == (200 if method in {"GET", "HEAD", "OPTIONS"} else 405)
    assert stored() == before


def test_every_link_on_the_page_confirms_nothing(client: FlaskClient, ada: Holder, stored: Stored) -> None:
    before = stored()
    links = re.findall(r'href="([^"]+)"', client.get(ada.confirm).text)
    assert links
    for found in links:
        client.get(found if found.startswith("/") else ada.confirm + found)
    assert stored() == before


def test_the_answer_is_a_page_that_says_so_and_pressing_again_says_the_same(client: FlaskClient, ada: Holder) -> None:
    for _ in range(3):
        answer = client.post(ada.confirm)
        assert (answer.status_code, answer.headers["Location"]) == (303, ada.confirm)
        page = client.get(answer.headers["Location"])
        assert "Thank you, that is confirmed" in page.text
        assert "<form" not in page.text
        assert "ada@example.org" not in page.text
    assert ada.jobs() == [MAIL, *REST]


def test_a_confirmation_sent_from_sixteen_threads_owes_the_rest_once(app: Flask, ada: Holder) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: app.test_client().post(ada.confirm).status_code, range(32)))
    assert 303 in answers
    # 503, come again: a busy machine may not open so many sessions in a second.
    assert set(answers) <= {303, 503}
    assert ada.jobs() == [MAIL, *REST]


def test_the_words_that_stood_beside_the_button_are_recorded_with_where_it_was_pressed(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    page = client.get(ada.confirm).text
    client.post(ada.confirm, environ_base={"REMOTE_ADDR": "192.0.2.44"})
    row = ledger.execute("SELECT confirmed_shown, host(confirmed_from) FROM signups").fetchone()
    assert row is not None
    assert row[0] in page
    assert "leave at any time" in row[0]
    assert row[1] == "192.0.2.44"


def test_the_words_are_recorded_in_the_language_in_which_they_were_shown(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    page = client.get(ada.confirm + "?locale=de").text
    client.post(ada.confirm + "?locale=de")
    assert ledger.execute("SELECT confirmed_shown FROM signups").fetchone() in [(text,) for text in re.findall(r">([^<>]+)<", page)]  # fmt: skip


def test_somebody_who_was_erased_meanwhile_is_not_brought_back(client: FlaskClient, ada: Holder) -> None:
    assert ada.desk.erase(ada.id)
    for answer in (client.get(ada.confirm), client.post(ada.confirm)):
        assert answer.status_code == 410
        assert "This link does not work" in answer.text
    assert ada.jobs() == ["newsletter.erase"]


def test_somebody_who_left_by_the_mail_and_then_confirms_is_back(
    client: FlaskClient, ada: Holder, one_click: Callable[..., object]
) -> None:
    one_click(ada.unsubscribe)
    assert ada.now().left_at is not None
    client.post(ada.confirm)
    assert ada.now().left_at is None
    assert ada.jobs(state="staged")[-2:] == REST


def test_of_somebody_who_was_forgotten_the_link_is_dead_and_the_sign_up_is_found_nowhere(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    (job,) = ledger.execute("SELECT id FROM jobs").fetchone() or ()
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    assert forget(ledger).people == 1
    for answer in (client.get(ada.confirm), client.post(ada.confirm)):
        assert answer.status_code == 410
    for path in (f"/signups/{ada.signup_id}", f"/api/v1/signups/{ada.signup_id}", f"/api/v1/jobs/{job}"):
        assert client.get(path).status_code == 404
    for path in (ada.preferences, ada.unsubscribe, ada.preferences + "/export"):
        assert client.get(path).status_code in {404, 410}
