"""A stream of server-sent events, as the server fetches it: piece by piece, in a thread that sleeps between them.

Ends by itself after `end`, when the process stops, when the sign-up is gone and after its lifetime; ended by the server
(`close`) when a piece cannot be sent any more. It must never raise: the answer has begun.
"""

import random
from collections.abc import Iterator
from time import monotonic

from webapp.live.feed import Feed
from webapp.live.frames import HEARTBEAT, Teller
from webapp.live.position import Position
from webapp.live.watcher import Watcher

COME_BACK_MS = (1_000, 4_000)  # when the server restarts, not everybody comes back at once


class Stream(Iterator[bytes]):
    """What one reader is told, who has read as far as `position`."""

    def __init__(self, feed: Feed, watcher: Watcher, position: Position | None) -> None:
        self._feed = feed
        self._watcher = watcher
        self._teller = Teller(position)
        self._opening = f"retry: {random.randint(*COME_BACK_MS)}\n\n".encode()  # noqa: S311  # spreads, guards nothing
        self._ends = monotonic() + feed.pace.lifetime * random.uniform(0.8, 1.0)  # noqa: S311  # the same
        self._is_over = False

    def __next__(self) -> bytes:
        """The next piece, at the latest after a heartbeat's time."""
        if self._is_over or self._watcher.is_sent_away or monotonic() >= self._ends:
            self.close()
            raise StopIteration
        piece = self._take_opening() + self._news()
        if piece:
            return piece
        self._watcher.wait(self._feed.pace.heartbeat)
        if self._watcher.is_sent_away:
            self.close()
            raise StopIteration
        return self._news() or HEARTBEAT

    def close(self) -> None:
        """Watch no longer."""
        self._is_over = True
        self._feed.leave(self._watcher)

    def _take_opening(self) -> bytes:
        opening, self._opening = self._opening, b""
        return opening

    def _news(self) -> bytes:
        story = self._watcher.story
        told = self._teller.more(story, monotonic())
        self._is_over = story.is_over
        return told
