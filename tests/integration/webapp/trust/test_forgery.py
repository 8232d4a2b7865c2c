"""Every POST there is, as another site would have a browser send it: nothing changes anywhere."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql

from ledger.connection import Connection
from tests.integration.webapp.web_process import OPS_PASSWORD
from webapp.act import Act
from webapp.desk import EXTENSION, Desk
from webapp.signup_request import parse

EVIL = "https://evil.example"
OPERATOR = ("ops", OPS_PASSWORD)
NOBODYS = {"alembic_version", "limits", "processes"}
ALL = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")

# As browsers say it: today's, an old one that knows no Sec-Fetch-Site, and a page in a sandbox.
FOREIGN = {
    "another site": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    "a sister site": {"Origin": "https://shop.localhost", "Sec-Fetch-Site": "same-site"},
    "an old browser": {"Origin": EVIL},
    "a sandboxed page": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "a name that looks like ours": {"Origin": "http://localhost.evil.example"},
}


@pytest.fixture
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[EXTENSION]
    return found


@pytest.fixture
def everything(ledger: Connection) -> Callable[[], dict[str, list[Any]]]:
    def dump() -> dict[str, list[Any]]:
        tables = ledger.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {t: ledger.execute(ALL.format(sql.Identifier(t))).fetchall() for (t,) in tables if t not in NOBODYS}

    return dump


def posts(app: Flask) -> Iterator[str]:
    """Every rule that takes something that may change something."""
    for rule in app.url_map.iter_rules():
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            yield rule.rule


# Nothing but JSON is read there, which a browser sends to another site only with leave; and RFC 8058 comes from anywhere.
FROM_ANYWHERE = {"/api/v1/signups", "/unsubscribe/<token>"}


@pytest.mark.parametrize("how", FOREIGN)
def test_what_another_site_sends_is_refused_by_every_post_there_is(
    app: Flask, client: FlaskClient, desk: Desk, ledger: Connection, everything: Any, how: str
) -> None:
    signup = desk.take(parse({"email": "ada@example.org"}), Act("form"))
    found = ledger.execute("SELECT subscriber_id, id FROM jobs WHERE signup_id = %s", (signup.id,)).fetchone()
    assert found is not None
    person, job = found
    tokens = {
        "/confirmations": desk.links.confirm(signup.id),
        "/preferences": desk.links.preferences(person),
        "/unsubscribe": desk.links.unsubscribe(person),
    }
    before = everything()
    tried = [path for path in posts(app) if path not in FROM_ANYWHERE]
    assert len(tried) > 8
    for path in tried:
        token = next((urlsplit(url).path.split("/")[2] for start, url in tokens.items() if path.startswith(start)), "")
        filled = re.sub(r"<[^>]+>", str(job), path.replace("<token>", token))
        login = {"auth": OPERATOR} if "/ops/" in path else {}
        fields = {"email": "eve@example.org", "address": "eve@example.org", "locale": "en", "standing": "here"}
        answer = client.post(filled, data=fields, headers=FOREIGN[how], **login)
        assert answer.status_code in {403, 415}, (filled, answer.status_code)
    assert everything() == before


@pytest.mark.parametrize("mime", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_the_api_takes_no_body_that_a_browser_sends_without_asking(
    client: FlaskClient, everything: Any, mime: str
) -> None:
    before = everything()
    body = '{"email": "ada@example.org"}'
    answer = client.post("/api/v1/signups", data=body, content_type=mime, headers=FOREIGN["another site"])
    assert answer.status_code == 415
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert everything() == before


class TestTheForm:
    @pytest.fixture
    def fields(self, client: FlaskClient) -> dict[str, str]:
        page = client.get("/").text
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)) | {"email": "a@example.org"}

    def test_neither_a_wrong_token_nor_none_nor_that_of_another_session_gets_in(
        self, app: Flask, client: FlaskClient, fields: dict[str, str], everything: Any
    ) -> None:
        before = everything()
        other = app.test_client()
        other.get("/")
        without = {name: value for name, value in fields.items() if name != "csrf_token"}
        assert "csrf_token" in fields
        assert client.post("/signups", data=without).status_code == 400
        assert client.post("/signups", data={**fields, "csrf_token": "ImZvcmdlZCI.forged"}).status_code == 400
        assert other.post("/signups", data=fields).status_code == 400
        assert app.test_client(use_cookies=False).post("/signups", data=fields).status_code == 400
        assert everything() == before

    @pytest.mark.parametrize("origin", [None, "null"], ids=["says nothing", "null, as our own pages send it"])
    def test_without_an_origin_the_token_is_what_counts(
        self, client: FlaskClient, fields: dict[str, str], everything: Any, origin: str | None
    ) -> None:
        before = everything()
        assert fields["csrf_token"]  # its cookie is there
        headers = {"Origin": origin} if origin else {}
        bare = {"email": "a@example.org"}
        assert client.post("/signups", data=bare, headers=headers).status_code == 400
        assert everything() == before
