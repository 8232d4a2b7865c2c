import gzip

import pytest
from flask.testing import FlaskClient

URL = "/api/v1/signups"
JSON = "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"not json",
        b"{",
        b'{"email": "ada@example.org"',
        b'{"email": "ada@example.org",}',
        b"{'email': 'ada@example.org'}",
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": -Infinity}',
        b'{"email": "ada\xff@example.org"}',
        b'{"email": "ad\xe4@example.org"}',
        b'\xef\xbb\xbf{"email": "ada@example.org"}',
        '{"email": "ada@example.org"}'.encode("utf-16"),
        b'{"email": "ada@example.org"} {}',
        b'{"email": "ada\n@example.org"}',
        b"[" * 8_000,
        b'{"a":' * 2_500,
        b"[" * 8_000 + b"]" * 8_000,
        b'{"email": ' + b"9" * 10_000 + b"}",
        b"\x00",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_json_is_400(client: FlaskClient, body: bytes) -> None:
    answer = client.post(URL, data=body, content_type=JSON)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["detail"] == "The body is not JSON in UTF-8."


@pytest.mark.parametrize("body", [b"[]", b"null", b'"ada@example.org"', b"7", b'{"email": 1e999}', b"{}"])
def test_json_that_is_no_sign_up_is_422(client: FlaskClient, body: bytes) -> None:
    answer = client.post(URL, data=body, content_type=JSON)
    assert answer.status_code == 422
    assert set(answer.json) == {"type", "title", "status", "detail", "errors"}
    assert all(set(error) == {"pointer", "detail"} for error in answer.json["errors"])


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"],
)
def test_another_type_is_415_and_says_which_is_right(client: FlaskClient, content_type: str) -> None:
    answer = client.post(URL, data=b'{"email": "ada@example.org"}', headers={"Content-Type": content_type})
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")
    assert answer.headers["Accept"] == JSON


def test_a_compressed_body_is_415(client: FlaskClient) -> None:
    body = gzip.compress(b'{"email": "ada@example.org"}')
    answer = client.post(URL, data=body, content_type=JSON, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_16_kib_are_read_and_one_byte_more_is_413(client: FlaskClient) -> None:
    fits = b'{"name": "' + b"x" * (16 * 1024 - 12) + b'"}'
    assert len(fits) == 16 * 1024
    assert client.post(URL, data=fits, content_type=JSON).status_code == 422
    answer = client.post(URL, data=fits + b" ", content_type=JSON)
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert "16 KiB" in answer.json["detail"]


def test_a_charset_beside_the_type_does_no_harm(client: FlaskClient) -> None:
    assert client.post(URL, data=b"{}", content_type=f"{JSON}; charset=utf-8").status_code == 422
