"""Headers, queries and forms made to hurt, as long as they may be: none costs more than another, and none is a fault of ours."""

import json
from time import process_time
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

LONG = 60_000
BODY = 15_000
UNITS = (" ", "a", "-", '"', ",", ";", "=", "a=", "a;q=", '",', "a,", 'W/"a",', "(", '\\"', "a/b;", "*/*,")
HEADERS = (
    *("Accept", "Accept-Language", "Prefer", "Idempotency-Key", "If-None-Match", "Cookie", "Origin", "X-Forwarded-For"),
    *("Content-Type", "Authorization", "Referer", "Last-Event-ID", "Content-Encoding", "Host", "Range", "X-CSRFToken"),
)
ADDRESSES = (
    *(("GET", "/"), ("POST", "/signups"), ("POST", "/api/v1/signups"), ("GET", f"/api/v1/signups/{uuid4()}")),
    *(("GET", "/api/v1/ops/jobs"), ("GET", "/nothing/here"), ("POST", "/preferences/x"), ("POST", "/unsubscribe/x")),
)
FIELDS = ("locale", "email", "name", "done", "altcha")
DEAR_S = 2.0  # of CPU; each takes a few milliseconds, and one that was quadratic took twenty seconds


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_made_to_hurt_is_answered_like_any_other(client: FlaskClient, header: str) -> None:
    for method, address in ADDRESSES:
        for unit in UNITS:
            started = process_time()
            answer = client.open(address, method=method, headers={header: unit * (LONG // len(unit))}, data=b"x=1")
            assert answer.status_code < 500, (method, address, unit)
            assert process_time() - started < DEAR_S, (method, address, unit)


@pytest.mark.parametrize("field", FIELDS)
def test_a_query_or_a_form_made_to_hurt_is_answered_like_any_other(client: FlaskClient, field: str) -> None:
    for method, address in ADDRESSES:
        for unit in (*UNITS, "_", "\u0301", "\u0301\u0316"):
            query = {field: unit * (LONG // len(quote(unit)))}
            form = {field: unit * (BODY // len(quote(unit)))} if method == "POST" else None
            started = process_time()
            answer = client.open(address, method=method, query_string=query, data=form)
            assert answer.status_code < 500, (method, address, unit)
            assert process_time() - started < DEAR_S, (method, address, unit)


@pytest.mark.parametrize("name", ["\u0301" * 4_000, "\u0301" * 2_000 + "\u0316" * 2_000, "a" * 16_000])
def test_a_name_made_to_hurt_is_too_long_and_costs_no_more_than_that(client: FlaskClient, name: str) -> None:
    started = process_time()
    body = json.dumps(
        {"email": "ada@example.org", "name": name}, ensure_ascii=False
    )  # or two letters in three would not fit
    answer = client.post("/api/v1/signups", data=body.encode(), content_type="application/json")
    assert answer.status_code == 422
    assert process_time() - started < DEAR_S
