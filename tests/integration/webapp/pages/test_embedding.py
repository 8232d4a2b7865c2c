"""Forms of other sites: let in by their origin alone, and by nothing else."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from config.settings import WebSettings
from ledger.connection import Connection
from tests.integration.webapp.pages.conftest import Visitor, hidden

Rows = Callable[[], dict[str, int]]
SITE = "https://www.example.org"
ADA = {"email": "ada@example.org", "name": "Ada"}


@pytest.fixture
def settings(settings: WebSettings) -> WebSettings:
    return settings.model_copy(update={"allowed_origins": (SITE, "http://localhost:3000")})


def post(client: FlaskClient, origin: str | None, fields: dict[str, str], **headers: str) -> Any:
    sent = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", **({"Origin": origin} if origin else {}), **headers}
    return client.post("/signups", data=fields, headers=sent)


def test_an_allowed_site_may_sign_somebody_up_without_cookie_and_token(client: FlaskClient, ledger: Connection) -> None:
    answer = post(client, SITE, {**ADA, "homepage": "", "locale": "de-AT"})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("?locale=de")
    assert "Set-Cookie" not in answer.headers
    assert ledger.execute("SELECT door, shown, origin FROM signups").fetchone() == ("embedded", None, SITE)
    assert ledger.execute("SELECT locale FROM subscribers").fetchone() == ("de-AT",)


def test_without_a_language_it_is_the_browsers(client: FlaskClient, ledger: Connection) -> None:
    answer = client.post("/signups", data=ADA, headers={"Origin": SITE, "Accept-Language": "de"})
    assert answer.status_code == 303
    assert ledger.execute("SELECT locale FROM subscribers").fetchone() == ("de",)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://www.example.org",
        "https://www.example.org:444",
        "https://www.example.org.evil.example",
        "https://example.org",
        "https://www.example.org/",
        "null",
        None,
    ],
)
def test_any_other_site_is_refused_with_a_page_that_says_so(
    client: FlaskClient, rows: Rows, origin: str | None
) -> None:
    answer = post(client, origin, ADA)
    assert answer.status_code == 403
    assert "on a site we do not know" in answer.text
    assert 'href="/">To the sign-up' in answer.text
    assert 'href="/embed"' in answer.text
    assert rows() == {}


def test_another_site_is_refused_even_with_a_token_and_a_cookie_of_ours(visitor: Visitor, rows: Rows) -> None:
    fields = visitor.read()
    visitor.clock.at += 10
    answer = visitor.send({**fields, **ADA}, Origin="https://evil.example")
    assert answer.status_code == 403
    assert rows() == {}


def test_a_browser_that_says_nothing_of_fetching_is_judged_by_its_origin(client: FlaskClient, rows: Rows) -> None:
    answer = client.post("/signups", data=ADA, headers={"Origin": "https://evil.example", "Accept": "text/html"})
    assert answer.status_code == 403
    assert rows() == {}


def test_a_program_is_refused_with_a_problem_document(client: FlaskClient) -> None:
    answer = post(client, "https://evil.example", ADA, Accept="application/json")
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")


def test_a_mistake_leads_to_our_own_form_with_what_was_typed(visitor: Visitor, rows: Rows) -> None:
    answer = post(visitor.client, SITE, {"email": "ada@example", "name": "Ada", "locale": "de"})
    assert answer.status_code == 422
    assert "Nach dem @ fehlt die Endung" in answer.text
    assert 'value="ada@example"' in answer.text
    assert rows() == {}
    again = visitor.send({**hidden(answer.text), **ADA}, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"})
    assert again.status_code == 303


def test_the_lure_works_there_too_and_loses_nobody(visitor: Visitor, rows: Rows) -> None:
    answer = post(visitor.client, SITE, {**ADA, "homepage": "x"})
    assert answer.status_code == 422
    assert rows() == {}
    assert visitor.send({**hidden(answer.text), **ADA}).status_code == 303


def test_the_form_to_be_copied_is_one_that_works(client: FlaskClient, rows: Rows, settings: WebSettings) -> None:
    page = client.get("/embed").text
    found = re.search(r"<code>(&lt;form.*?)</code>", page, re.DOTALL)
    assert found is not None
    form = html.unescape(found[1])
    assert f'action="{settings.public_url}/signups"' in form
    names = re.findall(r'<input type="\w+" name="(\w+)"', form)
    assert names == ["email", "name", "homepage", "locale"]
    answer = post(client, SITE, {"email": "ada@example.org", "name": "", "homepage": "", "locale": "en"})
    assert answer.status_code == 303
    assert rows()["signups"] == 1


def test_without_a_challenge_nothing_is_said_of_one(client: FlaskClient) -> None:
    assert "solve a small puzzle" not in client.get("/embed").text


class TestChallenged:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return settings.model_copy(update={"signup_challenge": True})

    def test_where_a_challenge_is_asked_for_the_page_says_what_that_means(self, client: FlaskClient) -> None:
        assert "solve a small puzzle" in client.get("/embed").text

    def test_the_form_of_another_site_leads_to_ours_which_can_solve_it(self, client: FlaskClient, rows: Rows) -> None:
        answer = post(client, SITE, ADA)
        assert answer.status_code == 422
        assert 'id="challenge"' in answer.text
        assert 'value="ada@example.org"' in answer.text
        assert rows() == {}
