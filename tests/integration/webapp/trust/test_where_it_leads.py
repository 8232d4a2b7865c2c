"""Redirects and links lead nowhere but here, whatever an address, a header or a field says."""

import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from webapp.desk import EXTENSION

OURS = "http://localhost"
STRANGE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "/%2Fevil.example/%2e%2e",
    "//evil.example/signups",
    "/signups/",
    "/signups//evil.example",
    "/static//evil.example/",
    "/api/v1/signups/",
    "/preferences//evil.example",
    "/confirmations/%2f%2fevil.example",
    "/preferences/x/address?next=//evil.example",
    "/?next=//evil.example&locale=//evil.example",
    "/?locale=de%0d%0aLocation:%20//evil.example",
    "/embed?locale=%22%3E%3Cscript%3E",
    "/docs/",
    "/.//evil.example",
]
HEADERS: dict[str, dict[str, str]] = {
    "plain": {},
    "a host of theirs": {"Host": "evil.example"},
    "a forwarded host": {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https"},
    "other forwarding": {"X-Forwarded-Prefix": "//evil.example", "X-Original-URL": "//evil.example"},
}


def leads_away(answer: Any, path: str) -> bool:
    location = answer.headers.get("Location")
    if location is None:
        return False
    return "\\" in location or urlsplit(urljoin(f"{OURS}{path.partition('?')[0]}", location)).netloc != "localhost"


@pytest.mark.parametrize("how", HEADERS)
@pytest.mark.parametrize("path", STRANGE)
def test_no_address_is_redirected_to_another_site(client: FlaskClient, path: str, how: str) -> None:
    urlpath, _, query = path.partition("?")
    for method in ("GET", "POST"):
        told = {
            "PATH_INFO": unquote(urlpath),
            "QUERY_STRING": query,
        }  # as it came: a test client reads `//host` as a URL
        headers = {**HEADERS[how], "Accept": "text/html"}
        answer = client.open("/", method=method, headers=headers, environ_overrides=told)
        assert answer.status_code < 500
        assert not leads_away(answer, path), answer.headers["Location"]
        assert "evil.example" not in answer.headers.get("Location", "")
        links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
        assert not [one for one in links if "//evil" in one or "\\" in one or one.lower().startswith("javascript")]
        assert '"><script>' not in answer.text


@pytest.mark.parametrize("how", HEADERS)
def test_what_is_answered_to_a_sign_up_leads_here(client: FlaskClient, how: str) -> None:
    answer = client.post("/api/v1/signups", json={"email": "ada@example.org"}, headers=HEADERS[how])
    assert answer.status_code == 202
    assert answer.headers["Location"] == answer.json["links"]["self"]
    assert "evil.example" not in answer.text + str(answer.headers)


def test_a_link_in_a_mail_is_made_of_the_setting_and_not_of_a_request(client: FlaskClient) -> None:
    client.post("/api/v1/signups", json={"email": "ada@example.org"}, headers=HEADERS["a host of theirs"])
    links = client.application.extensions[EXTENSION].links
    found = links.preferences(uuid4())
    assert found.startswith(client.application.extensions[EXTENSION].settings.public_url + "/")


@pytest.mark.parametrize(
    "path", ["/", "/embed", "/preferences/x", "/confirmations/x", "/unsubscribe/x", "/nothing", "/api/docs"]
)
def test_no_page_can_be_framed_or_kept(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "'unsafe-" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
