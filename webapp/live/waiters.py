"""Callers who would rather wait than ask again (`Prefer: wait`, RFC 7240): a bounded number, through the same feed.

Bounded because each holds one of the threads that answer sign-ups. It must never make anybody wait for a place.
"""

import threading
from time import monotonic
from uuid import UUID

from ledger.reading import SignupView
from webapp.live.feed import CrowdedError, CutOffError, Feed
from webapp.live.watcher import Watcher
from webapp.public_view import is_final


class Waiters:
    """At most so many at once."""

    def __init__(self, feed: Feed, most: int) -> None:
        self._feed = feed
        self._room = threading.Semaphore(most)

    def wait(self, signup_id: UUID, seconds: float) -> SignupView | None:
        """The sign-up once nothing more will happen by itself, or as it stands after so many seconds. Nobody is made to wait
        for a person: to confirm a sign-up may take days.

        None at once where there is no room, and where the ledger cannot be reached or knows no such sign-up: then
        nothing can be said but what is known already. The view has no hidden jobs.
        """
        if not self._room.acquire(blocking=False):
            return None
        try:
            return self._watch(signup_id, monotonic() + seconds)
        finally:
            self._room.release()

    def _watch(self, signup_id: UUID, ends: float) -> SignupView | None:
        try:
            watcher = self._feed.join(signup_id)
        except (CrowdedError, CutOffError):
            return None
        if watcher is None:
            return None
        try:
            return _outcome(watcher, ends)
        finally:
            self._feed.leave(watcher)


def _outcome(watcher: Watcher, ends: float) -> SignupView:
    while not is_final(watcher.story.signup.jobs) and not watcher.is_sent_away and (left := ends - monotonic()) > 0:
        watcher.wait(left)
    return watcher.story.view(monotonic())
