"""Bodies that come slowly, or never: whoever sends them waits, and nobody else does."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests

from tests.integration.webapp.web_process import WebProcess, running

THREADS = 8
HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {mime}\r\n{length}\r\n\r\n"
TIMEOUT_S = 5


@contextmanager
def stalled(web: WebProcess, path: str, mime: str, length: str, count: int) -> Iterator[None]:
    """So many requests whose heads have come, and the first byte of their bodies, and no more."""
    with ExitStack() as open_ones:
        for _ in range(count):
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", web.port)))
            first = "5\r\n{" if "chunked" in length else "{"
            one.sendall((HEAD.format(path=path, mime=mime, length=length) + first).encode())
        yield


@pytest.mark.parametrize("length", ["Content-Length: 400", "Transfer-Encoding: chunked"], ids=["sized", "chunked"])
@pytest.mark.parametrize(
    ("path", "mime"),
    [("/api/v1/signups", "application/json"), ("/signups", "application/x-www-form-urlencoded")],
    ids=["api", "form"],
)
def test_bodies_that_never_come_keep_nobody_else_waiting(database_url: str, path: str, mime: str, length: str) -> None:
    with running(database_url, WEB_THREADS=str(THREADS)) as web, stalled(web, path, mime, length, 4 * THREADS):
        answer = requests.post(f"{web.url}/api/v1/signups", json={"email": "ada@example.org"}, timeout=TIMEOUT_S)
    assert answer.status_code == 202
