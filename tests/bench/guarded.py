"""Visitors as they come where everything at the front door is switched on: each from an address of its own through a proxy, with an
idempotency key, and with a challenge solved.

The challenges are made and solved before the load begins, as browsers solve them before they send; they are easy ones, since
solving them is not what is measured. The server does with them what it does with any.
"""

import hmac
import time
from collections.abc import Iterator
from hashlib import sha256
from uuid import uuid4

from altcha import Payload, create_challenge, solve_challenge

from tests.bench.visitor import Visitor
from webapp.front.challenge import ALGORITHM, COST

KEY = "only-for-this-benchmark"
SETTINGS = {
    "SECRET_KEY": KEY,
    "SIGNUP_LIMITS": "client=60/h,recipient=1/h,domain=1000000/h",  # all visitors are at one domain
    "SIGNUP_CHALLENGE": "on",
    "DOUBLE_OPT_IN": "true",
    "TRUSTED_PROXIES": "1",
}
GOOD_FOR_S = 600


class Guarded(Visitor):
    """One of them."""

    def __init__(self, url: str, solutions: Iterator[str]) -> None:
        super().__init__(url)
        self._solutions = solutions

    def _request(self, address: str) -> bytes:
        number = hash(address) & 0xFFFFFF
        client = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        more = f"X-Forwarded-For: {client}\r\nIdempotency-Key: {uuid4()}\r\n"
        return self._written(
            b'{"email":"%s","name":"Ada","altcha":"%s"}' % (address.encode(), next(self._solutions).encode()), more
        )


def solved(count: int) -> Iterator[str]:
    """So many solutions, all made before the first is handed out."""
    secret = hmac.digest(KEY.encode(), b"usher challenges", sha256)
    return iter([_solved(secret) for _ in range(count)])


def _solved(secret: bytes) -> str:
    challenge = create_challenge(
        ALGORITHM,
        COST,
        counter=1,
        expires_at=int(time.time()) + GOOD_FOR_S,
        hmac_secret=secret,
        hmac_key_secret=hmac.digest(secret, b"derived key", sha256),
    )
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()
