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
        head: dict[str, object] = {"n": self.n, "at": _iso(self.at), "effect": self.effect, "key": self.key}
        head |= self.details
        if brief or self.body is None:
            return head
        return head | self.body.as_json()


class Journal:
    """Effects in the order in which they took place, counted from 1 since the last clear."""

    def __init__(self, *, effects_kept: int = EFFECTS_KEPT, bodies_kept: int = BODIES_KEPT) -> None:
        # Plain tuples and not entries, because a load test writes ten thousand a second: the cycle collector lets go
        # of a tuple of plain values, and would walk half a million objects.
        self._rows: deque[tuple[float, str, str, dict[str, object]]] = deque(maxlen=effects_kept)
        self._bodies: dict[int, Body] = {}
        self._bodies_kept = bodies_kept
        self._keys: dict[str, set[str]] = {}
        self._repeated = 0
        self._first_at: float | None = None
        self.count = 0

    def append(self, effect: str, key: str, body: Body | None = None, **details: object) -> None:
        """Remember one effect that has just taken place."""
        now = time.time()
        self.count += 1
        self._rows.append((now, effect, key, details))
        if self._first_at is None:
            self._first_at = now
        keys = self._keys.setdefault(effect, set())
        if key in keys:
            self._repeated += 1
        else:
            keys.add(key)
        if body is not None:
            self._bodies[self.count] = body
            if len(self._bodies) > self._bodies_kept:
                del self._bodies[next(iter(self._bodies))]

    def since(self, after: int = 0) -> Iterator[Entry]:
        """The entries with `n` greater than `after`, oldest first, as they stand at this moment."""
        gone = self.count - len(self._rows)
        skipped = max(0, after - gone)
        rows = list(islice(self._rows, skipped, None))
        return (self._entry(n, row) for n, row in enumerate(rows, gone + skipped + 1))

    def latest(self, limit: int) -> list[Entry]:
        """At most `limit` entries, newest first."""
        return [self._entry(self.count - i, row) for i, row in enumerate(islice(reversed(self._rows), limit))]

    def find(self, n: int) -> Entry | None:
        """The entry with this number, or None if it was cleared or is too old."""
        entry = next(self.since(n - 1), None) if n > 0 else None
        return entry if entry is not None and entry.n == n else None

    def totals(self) -> dict[str, object]:
        """`{count, repeated, first_at, last_at, effects}`, kept as effects arrive, so that asking costs nothing.

        `effects` maps an effect to how many different keys it took place on; `repeated` counts those that took place
        again on a key. They know of every effect since the last clear, also of those that are no longer kept.
        """
        last_at = self._rows[-1][0] if self._rows else None
        return {
            "count": self.count,
            "repeated": self._repeated,
            "first_at": None if self._first_at is None else _iso(self._first_at, "microseconds"),
            "last_at": None if last_at is None else _iso(last_at, "microseconds"),
            "effects": {effect: len(keys) for effect, keys in self._keys.items()},
        }

    def clear(self) -> None:
        """Forget everything and count from 1 again."""
        self._rows.clear()
        self._bodies.clear()
        self._keys.clear()
        self._repeated = 0
        self._first_at = None
        self.count = 0

    def _entry(self, n: int, row: tuple[float, str, str, dict[str, object]]) -> Entry:
        return Entry(n, *row, self._bodies.get(n))


def _iso(at: float, timespec: str = "milliseconds") -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=timespec)
