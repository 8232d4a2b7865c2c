"""The header as it comes through the real server: proxies add to a line, or add a line of their own."""

import http.client
import json
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from tests.integration.webapp.web_process import WebProcess, running


@pytest.fixture(scope="module")
def web(module_database_url: str) -> Iterator[WebProcess]:
    with running(module_database_url, TRUSTED_PROXIES="1") as process:
        yield process


def client_of(web: WebProcess, url: str, lines: Sequence[str]) -> str:
    """Sign up with these lines of X-Forwarded-For; the client's address as it was recorded."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    body = json.dumps({"email": "ada@example.org"}).encode()
    connection.putrequest("POST", "/api/v1/signups")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    for line in lines:
        connection.putheader("X-Forwarded-For", line)
    connection.endheaders(body)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    assert answer.status == 202
    with psycopg.connect(url) as ledger:
        row = ledger.execute("SELECT host(client) FROM signups WHERE id = %s", (found["id"],)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        ([], "127.0.0.1"),
        (["198.51.100.7"], "198.51.100.7"),
        (["203.0.113.66, 198.51.100.7"], "198.51.100.7"),
        (["203.0.113.66", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7", "2001:db8::7"], "2001:db8::7"),
    ],
)
def test_what_the_proxy_itself_wrote_last_is_believed(
    web: WebProcess, module_database_url: str, lines: list[str], client: str
) -> None:
    assert client_of(web, module_database_url, lines) == client
