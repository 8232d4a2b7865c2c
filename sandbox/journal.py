"""The receiving end's memory: every effect that took place at one provider, in order.

Separate, because tests count effects here and must be able to trust it: it must never hold anything that did not take
place (a refused call, a look-up), and never drop an effect silently: `n` goes on counting, so a gap shows.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

EFFECTS_KEPT = 500_000  # some hundreds of bytes each
BODIES_KEPT = 20_000  # some kilobytes each: a load test must not fill the machine with welcome mails


class Body(Protocol):
    """The bulky part of an effect, unpacked only when somebody looks."""

    def as_json(self) -> dict[str, object]:
        """The fields it adds to the entry."""


@dataclass(slots=True)
class Entry:
    """One effect: its number from 1, when (Unix seconds), what, on whom, and what else is known."""

    n: int
    at: float
    effect: str
    key: str
    details: dict[str, object]
    body: Body | None = None

    def as_json(self, *, brief: bool = False) -> dict[str, object]:
        """`{n, at, effect, key, ...details}`, with the body's fields unless `brief`; `at` is ISO 8601 in UTC."""
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        head: dict[str, object] = {"n": self.n, "at": at, "effect": self.effect, "key": self.key, **self.details}
        if brief or self.body is None:
            return head
        return head | self.body.as_json()


class Journal:
    """Effects in the order in which they took place, counted from 1 since the last clear."""

    def __init__(self, *, effects_kept: int = EFFECTS_KEPT, bodies_kept: int = BODIES_KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=effects_kept)
        self._whole: deque[Entry] = deque()
        self._bodies_kept = bodies_kept
        self.count = 0

    def append(self, effect: str, key: str, body: Body | None = None, **details: object) -> Entry:
        """Remember one effect that has just taken place."""
        self.count += 1
        entry = Entry(self.count, time.time(), effect, key, details, body)
        self._entries.append(entry)
        if body is not None:
            self._whole.append(entry)
            if len(self._whole) > self._bodies_kept:
                self._whole.popleft().body = None
        return entry

    def since(self, after: int = 0) -> Iterator[Entry]:
        """The entries with `n` greater than `after`, oldest first, as they stand at this moment."""
        first = self.count - len(self._entries)
        return iter(list(islice(self._entries, max(0, after - first), None)))

    def latest(self, limit: int) -> list[Entry]:
        """At most `limit` entries, newest first."""
        return list(islice(reversed(self._entries), limit))

    def find(self, n: int) -> Entry | None:
        """The entry with this number, or None if it was cleared or is too old."""
        entry = next(self.since(n - 1), None) if n > 0 else None
        return entry if entry is not None and entry.n == n else None

    def clear(self) -> None:
        """Forget everything and count from 1 again."""
        self._entries.clear()
        self._whole.clear()
        self.count = 0
