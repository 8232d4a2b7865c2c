"""What no endpoint may take, put to each that takes a body: too much of it, and what is no JSON, however it fails to be."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.webapp.web_process import OPS_PASSWORD
from webapp.docs.document import addresses

Rows = Callable[[], dict[str, int]]
PROBLEM = "application/problem+json"
OPERATOR = ("ops", OPS_PASSWORD)
JSON = "application/json"
LIMIT = 16 * 1024
NOBODY = str(UUID(int=0))
VALID = b'{"email":"ada@example.org"}'


@pytest.fixture
def doors(app: Flask) -> list[str]:
    """Every address that takes a POST."""
    found = [one.partition(" ")[2] for one in addresses(app.url_map) if one.startswith("POST ")]
    assert "/api/v1/signups" in found
    return [path.replace("{job_id}", NOBODY).replace("{operation_id}", NOBODY) for path in found]


def test_a_body_of_16_kib_and_one_byte_is_413(client: FlaskClient, doors: list[str], rows: Rows) -> None:
    body = VALID.ljust(LIMIT + 1)
    for door in doors:
        answer = client.post(door, data=body, content_type=JSON, auth=OPERATOR)
        assert (door, answer.status_code, answer.mimetype) == (door, 413, PROBLEM)
    assert rows() == {}


def test_a_body_of_exactly_16_kib_is_read(client: FlaskClient) -> None:
    assert client.post("/api/v1/signups", data=VALID.ljust(LIMIT), content_type=JSON).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        VALID.decode().encode("utf-16"),
        VALID.decode().encode("utf-32"),
        b"\xef\xbb\xbf" + VALID,
        b'{"email":"\xe9@example.org"}',
        b'{"email":"ada@example.org","name":NaN}',
        b'{"email":"ada@example.org","name":-Infinity}',
        b"[" * 8_000,
        b'{"a":' * 3_000,
        b"\x00",
        b"email=ada@example.org",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_in_utf_8_is_400(client: FlaskClient, rows: Rows, body: bytes) -> None:
    answer = client.post("/api/v1/signups", data=body, content_type=JSON)
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    assert rows() == {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"email":"\\ud800@example.org"}',
        b'{"email":"ada@example.org","name":"\\ud800"}',
        b'{"email":"ada@example.org","name":"\\u0000"}',
        b'{"email":"ada@example.org","locale":"\\u0000"}',
        b'{"email":' + b"9" * 5_000 + b"}",
        b'{"email":1e999}',
        b'{"\\ud800":1,"email":"ada@example.org"}',
        b'{"email":"ada@example.org","altcha":{}}',
        b"null",
        b'"ada@example.org"',
        b"[[[]]]",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_json_and_no_sign_up_is_refused_and_nothing_is_stored(
    client: FlaskClient, rows: Rows, body: bytes
) -> None:
    answer = client.post("/api/v1/signups", data=body, content_type=JSON, headers={"Idempotency-Key": "k"})
    assert answer.status_code in (400, 422)
    assert answer.mimetype == PROBLEM
    assert answer.json["status"] == answer.status_code
    assert rows() == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_another_type_or_a_compressed_body_is_415_and_says_what_would_be_right(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.post("/api/v1/signups", data=VALID, headers=headers)
    assert (answer.status_code, answer.mimetype, answer.headers["Accept"]) == (415, PROBLEM, JSON)
