"""What strangers type, in every field and header that may reach a mail, an answer or a log: none of it gets anywhere."""

import http.client
import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.webapp.web_process import WebProcess, running

INJECTED = "X-Injected"
BREAKS = ("\r\n", "\n", "\r", "\u2028", "\x0b", "\x00", "\x85")
URL = "/api/v1/signups"


@pytest.fixture(scope="module")
def web(module_database_url: str) -> Iterator[WebProcess]:
    with running(module_database_url, SIGNUP_LIMITS="off", ALLOWED_ORIGINS="https://shop.example") as process:
        yield process


def ask(web: WebProcess, body: object, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    # http.client refuses what is no header's value; the bytes are put on the wire by hand instead.
    sent = json.dumps(body).encode()
    head = [f"POST {URL} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(sent)}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    connection.connect()
    assert connection.sock is not None
    connection.sock.sendall("\r\n".join([*head, "Connection: close", "", ""]).encode() + sent)
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    text = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


@pytest.mark.parametrize("field", ["name", "locale", "email", "altcha"])
@pytest.mark.parametrize("end", BREAKS, ids=[repr(one) for one in BREAKS])
def test_a_line_break_in_a_field_is_refused_or_gone(
    web: WebProcess, module_database_url: str, field: str, end: str
) -> None:
    body = {"email": "ada@example.org", field: f"en{end}{INJECTED}: 1@example.org"}
    status, headers, text = ask(web, body)
    assert status in ({202, 422} if field in {"altcha", "name"} else {422})
    assert INJECTED.lower() not in headers
    assert INJECTED not in text
    with psycopg.connect(module_database_url) as ledger:
        stored = ledger.execute("SELECT address, name, locale FROM subscribers").fetchall()
    assert not [one for row in stored for one in row if one and any(end in one for end in BREAKS)]


@pytest.mark.parametrize(
    "header", ["Idempotency_Key", "Prefer", "Origin", "X_Forwarded_For", "Accept_Language", "Last_Event_ID"]
)
@pytest.mark.parametrize(
    "value", ["x\n{0}: 1", "x\r{0}: 1", 'a"; {0}=1', "x%0d%0a{0}: 1", "wait=1, {0}", "\u00e9{0}", "{0}" * 400]
)
def test_no_header_of_a_request_comes_back_in_an_answer(web: WebProcess, header: str, value: str) -> None:
    status, headers, text = ask(web, {"email": "ada@example.org"}, **{header: value.format(INJECTED)})
    assert status < 500
    assert INJECTED.lower() not in json.dumps(headers).lower()
    assert INJECTED not in text
    assert INJECTED not in "".join(web.log)


def test_nothing_that_was_typed_is_in_the_log(web: WebProcess) -> None:
    ask(
        web,
        {"email": "somebody.special@example.org", "name": "Unmistakable Name"},
        Idempotency_Key='"unmistakable-key"',
    )
    log = "".join(web.log).lower()
    assert "listening" in log
    assert not [one for one in ("somebody.special", "unmistakable", "ada@example.org") if one in log]
