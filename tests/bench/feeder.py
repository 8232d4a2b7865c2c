"""Keeps a backlog at one size while it is drained: a job comes in for each that is done.

So that "with a million waiting" and "with ten thousand waiting" differ in that number and in nothing else, for as long
as one likes to look. It must never owe a job to somebody who had one: the people are invited beforehand.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.bench import seeding

LOT = 1_000


class Feeder:
    """Owes the people numbered `first` to `last` their jobs, as many as have been done."""

    def __init__(self, admin_url: str, first: int, last: int) -> None:
        self._admin_url = admin_url
        self._next, self._last = first, last
        self._wanted = 0
        self._change = threading.Condition()
        self._stopped = False

    def done(self, total: int) -> None:
        """So many have been done since the beginning."""
        with self._change:
            self._wanted = total
            self._change.notify()

    @contextmanager
    def feeding(self) -> Iterator["Feeder"]:
        """Feed, on a thread, until the block ends."""
        thread = threading.Thread(target=self._feed, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with self._change:
                self._stopped = True
                self._change.notify()
            thread.join()

    def _feed(self) -> None:
        first = self._next
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            # Without the foreign keys' checks it costs half: what is fed must not become what is measured.
            connection.execute("SET session_replication_role = replica")
            while self._next <= self._last:
                with self._change:
                    self._change.wait_for(lambda: self._stopped or self._next - first + LOT <= self._wanted)
                    if self._stopped:
                        return
                upto = min(self._next + LOT - 1, self._last)
                seeding.owe_more(connection, self._next, upto)
                self._next = upto + 1
