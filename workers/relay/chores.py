"""One chore after the other, so that what holds one up costs the others nothing.

A row that somebody holds, or a table that has grown, is no outage: the session is as good as before, and whoever took it for
one would forget who has been silent. And a chore that always takes all the time it gets must not take all of ours: leases,
and readings of who is alive, would come too far apart.
"""

import logging
import time
from collections.abc import Callable

from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

logger = logging.getLogger(__name__)

HELD_UP = (QueryCanceled, LockNotAvailable, DeadlockDetected)
REST = 6  # times as long as it took in vain: a seventh of our time, at most


class Chores:
    """Does chores, by name, and lets those rest that could not be done. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests_until: dict[str, float] = {}

    def do(self, name: str, chore: Callable[[], object]) -> None:
        """Do it, unless it rests. Raises what it raises, but for what only holds it up."""
        began = self._clock()
        if began < self._rests_until.get(name, began):
            return
        try:
            chore()
        except HELD_UP as error:
            now = self._clock()
            self._rests_until[name] = now + REST * (now - began)
            logger.warning("%s was held up (%s) and rests; the other chores go on", name, type(error).__name__)
