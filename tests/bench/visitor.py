"""One visitor's connection: sign-ups over HTTP/1.1 with keep-alive, written and read by hand.

Separate and bare because the load shares two cores with what it measures: a client library would cost more than the
server. It must never be taken for a client: it understands the answers of a server of ours and nothing else.
"""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH = "/api/v1/signups"
ANSWER_S = 30.0  # a visitor would have gone by then; the benchmark must end


class NoAnswerError(Exception):
    """The connection ended, or nothing came in time; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and the body as it came."""

    status: int
    body: bytes

    def created_at(self) -> str:
        """When the sign-up was committed, as the API says it. Raises where the answer holds no such thing."""
        return str(json.loads(self.body)["created_at"])


class Visitor:
    """A connection that is opened when needed and kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._head = f"POST {PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def sign_up(self, address: str) -> Answer:
        """POST one sign-up. Raises `NoAnswerError`."""
        request = self._request(address)
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await self._open()
                writer.write(request)
                return await self._read(reader)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.leave()
            raise NoAnswerError(type(error).__name__) from None

    def leave(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    def _request(self, address: str) -> bytes:
        return self._written(b'{"email":"%s","name":"Ada"}' % address.encode())

    def _written(self, body: bytes, more: str = "") -> bytes:
        """The request, with `more` lines in its head."""
        return f"{self._head}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():  # the server ended it while it lay idle
            self.leave()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        body = await reader.readexactly(int(headers[b"content-length"])) if b"content-length" in headers else b""
        if headers.get(b"connection", b"").lower() == b"close":
            self.leave()
        return Answer(int(lines[0].split(b" ", 2)[1]), body)
