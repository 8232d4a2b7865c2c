"""Several sign-ups, one commit: those that arrive while others are being written are written together.

Separate because it is the one place where requests wait for each other. Whoever comes while few are writing writes at
once, alone, in the request's own thread: nothing waits for company, and no timer decides. Under a rush the groups grow
by themselves, and the more there are in one, the less each costs.

It must never answer for anything but what the writing returned, and it knows no database.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GaveUpError(Exception):
    """Nobody came to it, or nobody has said how it ended, within the time there was."""


class _Place(Generic[Item, Result]):
    """A place in the line. `turn` is released once: to lead `group`, or because it is settled."""

    __slots__ = ("error", "group", "item", "results", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.turn = threading.Lock()
        self.turn.acquire()
        self.group: list[_Place[Item, Result]] = []
        self.results: list[Result] = []
        self.error: Exception | None = None

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        if not self.results:  # whoever led was ended in the middle of it
            raise GaveUpError
        return self.results[0]


class Intake(Generic[Item, Result]):
    """At most `abreast` groups of at most `most` items are being written at any time.

    `write(items, ends)` puts a group away before `ends` (monotonic) and returns a result for each, in order.
    """

    def __init__(self, write: Callable[[Sequence[Item], float], Sequence[Result]], *, abreast: int, most: int) -> None:
        self._write = write
        self._abreast = abreast
        self._most = most
        self._lock = threading.Lock()
        self._line: deque[_Place[Item, Result]] = deque()
        self._writing = 0

    def put(self, item: Item, ends: float) -> Result:
        """What writing the item gave. Raises what writing its group raised, and `GaveUpError` at `ends`."""
        place: _Place[Item, Result] = _Place(item)
        if not self._begins(place) and not place.turn.acquire(timeout=max(0.0, ends - monotonic())):
            self._leave(place)
        if place.group:
            self._lead(place.group, ends)
        return place.outcome()

    def _begins(self, place: _Place[Item, Result]) -> bool:
        """Whether it may write at once; if not it stands in line from now on."""
        with self._lock:
            if self._writing == self._abreast:
                self._line.append(place)
                return False
            self._writing += 1
        place.group = [place]
        return True

    def _leave(self, place: _Place[Item, Result]) -> None:
        """Go away from the line, unless its turn has come this moment: others rely on it then."""
        with self._lock:
            if place in self._line:
                self._line.remove(place)
            elif place.group:
                return
        if not place.turn.acquire(blocking=False):
            raise GaveUpError

    def _lead(self, group: list[_Place[Item, Result]], ends: float) -> None:
        try:
            for place, result in zip(group, self._write([one.item for one in group], ends), strict=True):
                place.results.append(result)
        except Exception as error:  # noqa: BLE001  # it is raised again, by each of them
            for place in group:
                place.error = error
        finally:
            self._hand_on()
            for place in group[1:]:
                place.turn.release()

    def _hand_on(self) -> None:
        """Let whoever is first in line write the next group: before anybody is told anything, so that no time is lost."""
        with self._lock:
            if not self._line:
                self._writing -= 1
                return
            group = [self._line.popleft() for _ in range(min(self._most, len(self._line)))]
            group[0].group = group
        group[0].turn.release()
