"""An HTTP answer as plain data, so that a handler says what is true and http_provider.py decides how it travels.

Separate from aiohttp's Response, because a dripped answer is written byte by byte and a dropped one never.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and what else stands in the head."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """The same for aiohttp to send."""
        headers = {"Content-Type": self.content_type, **self.headers}
        return web.Response(status=self.status, body=self.body, headers=headers)

    def raw(self) -> bytes:
        """The same as the bytes of an HTTP/1.1 answer after which the connection ends."""
        head = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            "Connection: close",
        ]
        return "\r\n".join([*head, "", ""]).encode() + self.body


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """`value` as compact JSON."""
    return Answer(status, json.dumps(value, separators=(",", ":")).encode(), headers=headers or {})
