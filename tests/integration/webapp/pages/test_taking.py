"""What is recorded of a form, and that one form is one sign-up however often it is sent."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from config.front_door import Limit, SignupLimits
from config.settings import WebSettings
from ledger.connection import Connection
from tests.integration.webapp.pages.conftest import Clock, Visitor, hidden

Rows = Callable[[], dict[str, int]]
ADA = {"email": "ada@example.org", "name": "Ada"}
CONSENTS = {
    "en": "We add you to the newsletter and send you a welcome mail. You can leave at any time.",
    "de": "Wir nehmen Sie in den Newsletter auf und schicken Ihnen eine Willkommensmail. Abmelden können Sie sich jederzeit.",
}


def recorded(ledger: Connection) -> Any:
    return ledger.execute("SELECT door, shown, origin, host(client) FROM signups").fetchone()


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_consent_that_is_recorded_is_what_stood_beside_the_button(
    visitor: Visitor, ledger: Connection, language: str
) -> None:
    visitor.language = language
    page = visitor.client.get("/", headers=visitor.headers).text
    assert f'id="consent">{CONSENTS[language]}</p>' in page
    assert visitor.sign_up(**ADA).status_code == 303
    assert recorded(ledger) == ("form", CONSENTS[language], None, "127.0.0.1")
    assert ledger.execute("SELECT locale FROM subscribers").fetchone() == (language,)


def test_a_language_that_was_chosen_goes_with_the_sign_up_and_on_to_its_page(
    visitor: Visitor, ledger: Connection
) -> None:
    answer = visitor.sign_up("/?locale=de", **ADA)
    assert re.fullmatch(r"/signups/[0-9a-f-]{36}\?locale=de", answer.headers["Location"])
    assert "Sie sind angemeldet" in visitor.client.get(answer.headers["Location"], headers=visitor.headers).text
    assert recorded(ledger)[1] == CONSENTS["de"]


def test_the_same_form_sent_twice_is_one_sign_up(visitor: Visitor, rows: Rows) -> None:
    fields = {**visitor.read(), **ADA}
    visitor.clock.at += 10
    first, second = visitor.send(fields), visitor.send(fields)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert rows()["signups"] == 1


def test_the_same_form_with_something_else_in_it_is_another_sign_up(visitor: Visitor, rows: Rows) -> None:
    fields = visitor.read()
    visitor.clock.at += 10
    answers = [visitor.send({**fields, "email": email}) for email in ("ada@example.org", "bob@example.org")]
    assert len({answer.headers["Location"] for answer in answers}) == 2
    assert rows()["subscribers"] == 2


def test_a_form_that_is_sent_many_times_at_once_is_one_sign_up_with_one_answer(
    app: Flask, visitor: Visitor, rows: Rows
) -> None:
    fields = {**visitor.read(), **ADA}
    visitor.clock.at += 10
    cookie = visitor.client.get_cookie("usher")
    assert cookie is not None
    answers: list[Any] = []

    def send() -> None:
        client = app.test_client()
        client.set_cookie("usher", cookie.value)
        answers.append(client.post("/signups", data=fields, headers=visitor.headers))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert rows()["signups"] == 1


def test_who_is_too_quick_is_asked_once_more_and_is_through_at_the_second_press(visitor: Visitor, rows: Rows) -> None:
    answer = visitor.sign_up(typing_s=0.5, **ADA)
    assert answer.status_code == 422
    assert "Please press the button once more" in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert 'value="Ada"' in answer.text
    assert rows() == {}
    assert visitor.send({**hidden(answer.text), **ADA}).status_code == 303
    assert rows()["signups"] == 1


def test_who_fills_in_the_lure_is_asked_once_more_too(visitor: Visitor, rows: Rows) -> None:
    answer = visitor.sign_up(homepage="https://spam.example", **ADA)
    assert answer.status_code == 422
    assert "spam.example" not in answer.text
    assert rows() == {}
    assert visitor.send({**hidden(answer.text), **ADA, "homepage": ""}).status_code == 303


@pytest.mark.parametrize("dropped", ["once", "csrf_token"])
def test_what_posts_blindly_never_gets_through(visitor: Visitor, rows: Rows, dropped: str) -> None:
    fields = {name: value for name, value in visitor.read().items() if name != dropped}
    visitor.clock.at += 10
    for _ in range(3):
        assert visitor.send({**fields, **ADA}).status_code in {400, 422}
    assert rows() == {}


def test_a_program_that_is_caught_is_told_in_a_problem_document(visitor: Visitor, rows: Rows) -> None:
    answer = visitor.client.post("/signups", data={**visitor.read(), **ADA}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert rows() == {}


class TestLimited:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return settings.model_copy(update={"signup_limits": SignupLimits(client=Limit(1, 60))})

    def test_who_signs_up_too_often_is_told_when_to_try_again_and_keeps_what_was_typed(
        self, visitor: Visitor, rows: Rows
    ) -> None:
        assert visitor.sign_up(**ADA).status_code == 303
        visitor.language = "de"
        answer = visitor.sign_up(email="bob@example.org", name="Bob")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["RateLimit"].startswith('"client";r=0;t=')
        assert answer.headers["RateLimit-Policy"] == '"client";q=1;w=60'
        assert re.search(r"Bitte versuchen Sie es in \d+ (s|min) noch einmal\.", answer.text)
        assert 'value="bob@example.org"' in answer.text
        assert rows()["signups"] == 1

    def test_a_second_click_is_answered_and_not_refused(self, visitor: Visitor) -> None:
        fields = {**visitor.read(), **ADA}
        visitor.clock.at += 10
        assert [visitor.send(fields).status_code for _ in range(3)] == [303] * 3


class TestUnlimited:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return settings.model_copy(update={"signup_limits": None})

    def test_with_the_limits_off_a_form_may_be_sent_at_once(self, visitor: Visitor, clock: Clock) -> None:
        assert clock.at > 0
        assert visitor.sign_up(typing_s=0, **ADA).status_code == 303


class TestAsked:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return settings.model_copy(update={"double_opt_in": True})

    def test_with_double_opt_in_the_words_say_so_and_the_page_waits_for_the_person(
        self, visitor: Visitor, ledger: Connection
    ) -> None:
        answer = visitor.sign_up(**ADA)
        assert recorded(ledger)[1].startswith("We send you a mail to confirm your address.")
        page = visitor.client.get(answer.headers["Location"], headers=visitor.headers).text
        assert "Please look into your inbox" in page
        assert "Follow the link to confirm" in page
        assert "Sending you a mail to confirm your address" in page
        assert 'http-equiv="refresh"' in page
