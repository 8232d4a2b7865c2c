"""Headers made to hurt, sixty thousand letters of them: none costs more than another, and none is a fault of ours."""

from time import process_time
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

LONG = 60_000
UNITS = (" ", "a", "-", '"', ",", ";", "=", "a=", "a;q=", '",', "a,", 'W/"a",', "(", '\\"', "a/b;", "*/*,")
HEADERS = (
    *("Accept", "Accept-Language", "Prefer", "Idempotency-Key", "If-None-Match", "Cookie", "Origin", "X-Forwarded-For"),
    *("Content-Type", "Authorization", "Referer", "Last-Event-ID", "Content-Encoding", "Host", "Range", "X-CSRFToken"),
)
ADDRESSES = (
    *(("GET", "/"), ("POST", "/signups"), ("POST", "/api/v1/signups"), ("GET", f"/api/v1/signups/{uuid4()}")),
    *(("GET", "/api/v1/ops/jobs"), ("GET", "/nothing/here"), ("POST", "/preferences/x"), ("POST", "/unsubscribe/x")),
)
DEAR_S = 2.0  # of CPU; each takes a few milliseconds, and one that was quadratic took twenty seconds


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_made_to_hurt_is_answered_like_any_other(client: FlaskClient, header: str) -> None:
    for method, address in ADDRESSES:
        for unit in UNITS:
            started = process_time()
            answer = client.open(address, method=method, headers={header: unit * (LONG // len(unit))}, data=b"x=1")
            assert answer.status_code < 500, (method, address, unit)
            assert process_time() - started < DEAR_S, (method, address, unit)
