"""Its web: commit the sign-up, then `delay()` the two tasks, as everybody does.

Separate, because it is another process. An address that is known already is answered like a new one and gets no second
welcome. It must never use anything of Usher's.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from kombu.exceptions import KombuError
from psycopg_pool import ConnectionPool
from redis import RedisError

from tests.chaos.plain.app import subscribe, welcome

Start = Callable[[str, list[tuple[str, str]]], Any]
TAKE = "INSERT INTO plain_signups (address) VALUES (%s) ON CONFLICT DO NOTHING"
HEADERS = [("Content-Type", "application/json")]

_pool = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=1, max_size=8, timeout=2, check=ConnectionPool.check_connection, open=False
)


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """202 once the address is on disk and both tasks are on the wire; 503 where either cannot be."""
    if environ["REQUEST_METHOD"] != "POST":
        start("200 OK", HEADERS)
        return [b"{}"]
    address = json.load(environ["wsgi.input"])["email"]
    try:
        _take(address)
    except (psycopg.Error, RedisError, KombuError, OSError):
        start("503 Service Unavailable", HEADERS)
        return [b"{}"]
    start("202 Accepted", HEADERS)
    return [b"{}"]


def _take(address: str) -> None:
    _pool.open()  # here and not at import: the children of a fork must not share sessions
    with _pool.connection() as connection:
        is_new = connection.execute(TAKE, (address,)).rowcount == 1
    if is_new:
        subscribe.delay(address)
        welcome.delay(address)
