"""Listening in on Redis: Celery's events as Flower gets them, and every command that anybody sends.

Separate from the broker's node, because it is about what is said and not about who is there. It must never send anything
but what a listener has to.
"""

import base64
import re
import socket
import threading
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from celery import Celery
from celery.events import EventReceiver
from redis import Redis

from tests.waiting import eventually

BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
ALIVE_S = 15  # a worker says that it is alive every two seconds


class EventTap:
    """Celery's own event receiver, in a thread; `with` it, events are gathered."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._receiver: EventReceiver | None = None
        self._thread = threading.Thread(target=self._listen, name="event-tap", daemon=True)
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.events, within=ALIVE_S)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._receiver is not None
        self._receiver.should_stop = True
        self._thread.join(ALIVE_S)

    def of(self, task_id: object) -> list[str]:
        """The types of the events about one task, in the order in which they came."""
        return [one["type"] for one in self.events if one.get("uuid") == str(task_id)]

    def find(self, task_id: object, kind: str) -> dict[str, Any] | None:
        """The first event of this type about one task, or None so far."""
        return next((one for one in self.events if one.get("uuid") == str(task_id) and one["type"] == kind), None)

    def _listen(self) -> None:
        with self._app.connection_for_read() as connection:
            self._receiver = EventReceiver(connection, app=self._app, handlers={"*": self.events.append})
            self._receiver.capture(limit=None, timeout=None, wakeup=False)


class CommandTap:
    """Redis' MONITOR: every command of every client, arguments included, from now on.

    Redis holds back what is not read yet, so nothing is missed and no thread is needed.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)
        self._socket.sendall(f"AUTH {parts.password}\r\nMONITOR\r\n".encode())
        self._heard = self._read(b"", lambda heard: heard.count(b"+OK\r\n") == 2)

    def heard(self) -> str:
        """Everything up to this moment."""
        with Redis.from_url(self._url) as client:
            client.echo("end-of-tap")
        self._heard = self._read(self._heard, lambda heard: b'"end-of-tap"' in heard)
        return self._heard.decode("utf-8", "replace")

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _read(self, heard: bytes, enough: Callable[[bytes], bool]) -> bytes:
        while not enough(heard):
            more = self._socket.recv(65_536)
            assert more, "Redis hung up"
            heard += more
        return heard


def kept_in(client: Redis) -> str:
    """Every key with its value, of whatever type; `client` decodes what it reads."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": client.smembers,
        "hash": client.hgetall,
        "zset": lambda key: client.zrange(key, 0, -1),
        "none": lambda _: None,  # gone since it was listed
    }
    return "\n".join(f"{key}: {readers[client.type(key)](key)}" for key in client.scan_iter())


def legible(text: str) -> str:
    """The text, followed by whatever in it reads as base64: Celery's messages carry their bodies that way."""
    return "\n".join([text, *(_decoded(found) for found in BASE64.findall(text))])


def _decoded(found: str) -> str:
    digits = found.rstrip("=")
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]  # six bits are no byte
    return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")
