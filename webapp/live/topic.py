"""One watched sign-up, shared by all who watch it. Written by the feed alone; a watcher only reads `story`."""

import threading
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.live import News, Watched
from webapp.live.story import Story

if TYPE_CHECKING:
    from webapp.live.watcher import Watcher


class Topic:
    """`known`: there is no point in waiting for the first look. Then there is a `story`, or `is_missing`: there is no such
    sign-up (any more); or neither, because the ledger could not be asked.

    `ended`: nothing more will be told. `watchers` is changed under the feed's lock only.
    """

    def __init__(self, signup_id: UUID) -> None:
        self.id = signup_id
        self.watched = Watched(signup_id)
        self.story: Story | None = None
        self.known = threading.Event()
        self.is_missing = False
        self.ended = False
        self.watchers: set[Watcher] = set()

    def hear(self, news: News | None, now: float) -> None:
        """Take in what is new, and wake whoever watches. None: the sign-up is not there, or no more."""
        if news is None:
            self.is_missing = True
            self.end()
            return
        self.story = Story.begun(news, now) if self.story is None else self.story.told(news, now)
        self.watched = self.story.watched
        self._wake()

    def end(self) -> None:
        """Send everybody away."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        self.known.set()
        for watcher in tuple(self.watchers):
            watcher.ring()
