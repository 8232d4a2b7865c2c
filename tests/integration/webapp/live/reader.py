"""Reads a stream of server-sent events over HTTP, as a program would: events with their ids, comments counted."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import requests

READ_S = 10


@dataclass(frozen=True)
class Event:
    event: str
    id: str
    data: dict[str, Any]


def parsed(text: str) -> list[Event]:
    """The events of a stream that is there as a whole."""
    return [event for block in text.split("\n\n") if (event := _event(block))]


def _event(block: str) -> Event | None:
    fields = dict(line.partition(": ")[::2] for line in block.splitlines() if line and not line.startswith(":"))
    if "event" not in fields:
        return None
    return Event(fields["event"], fields["id"], json.loads(fields["data"]))


@dataclass
class Reader:
    """One connection. `ended`: the server has said that this was all, and was not cut off."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    comments: int = 0
    retry: str = ""
    ended: bool = False

    def __enter__(self) -> Self:
        self.answer = requests.get(self.url, headers=dict(self.headers), stream=True, timeout=READ_S)
        self._pieces = self.answer.iter_content(chunk_size=None)
        self._rest = b""
        self._heard = self._read()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.answer.close()

    def next(self, within: float = READ_S) -> Event:
        """The next event, heartbeats counted on the way."""
        ends = time.monotonic() + within
        for event in self._heard:
            if event is not None:
                return event
            assert time.monotonic() < ends, f"no event within {within} s"
        raise EOFError

    def all(self) -> list[Event]:
        """Every event to the end."""
        return [event for event in self._heard if event is not None]

    def beats(self, number: int) -> None:
        """Return once so many more comments have come, and no event among them."""
        wanted = self.comments + number
        while self.comments < wanted:
            assert next(self._heard) is None

    def _read(self) -> Iterator[Event | None]:
        for piece in self._pieces:
            *blocks, self._rest = (self._rest + piece).split(b"\n\n")
            for block in blocks:
                yield self._sort(block.decode())
        self.ended = True

    def _sort(self, block: str) -> Event | None:
        self.comments += block.startswith(":")
        if block.startswith("retry: "):
            self.retry = block.removeprefix("retry: ")
        return _event(block)
