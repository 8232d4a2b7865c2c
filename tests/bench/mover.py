"""Moves jobs by the ledger's own verbs, at a pace, and notes when each move was committed: S7's other end.

No worker and no provider, because S7 asks what lies between a commit and a page. It must never move anything but what
the benchmark owes.
"""

import time
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

from ledger.claim import claim
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.lease import lease
from ledger.moves import Move, Settlement
from ledger.states import State

KIND, QUEUE = "newsletter.subscribe", "newsletter"
TRIED = Move(State.RETRYING, "retried", delay=0, code="provider_unavailable")  # due again at once, so it never ends
GROUP = 10  # jobs in a statement


class Mover:
    """`committed`: by job and by which of its moves it was, the moment after the commit, in seconds since the epoch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._executor = uuid4()
        self._moves: dict[UUID, int] = {}
        self.committed: dict[tuple[UUID, int], float] = {}

    def move(self, times: int, per_second: float) -> None:
        """Have every job claimed and tried so many times, at so many moves a second."""
        due = time.monotonic()
        for _ in range(times):
            for group in _groups(self._due()):
                batch = uuid4()
                claimed = claim(
                    self._connection, group, kind=KIND, executor=self._executor, message_id=uuid4(), batch=batch
                )
                self._note([job.id for job in claimed])
                tried = [Settlement(job.id, job.claim, TRIED) for job in claimed]
                finish(self._connection, tried, executor=self._executor, closed=[batch])
                self._note([job.id for job in claimed])
                due += 2 * len(group) / per_second
                time.sleep(max(0.0, due - time.monotonic()))

    def _due(self) -> list[UUID]:
        found: list[UUID] = []
        while messages := lease(
            self._connection, QUEUE, terms=[Terms(KIND, provider=QUEUE)], window=1_000_000
        ).messages:
            found += [job for message in messages for job in message.jobs]
        return found

    def _note(self, jobs: Sequence[UUID]) -> None:
        now = time.time()
        for job in jobs:
            self._moves[job] = self._moves.get(job, 0) + 1
            self.committed[job, self._moves[job]] = now


def _groups(jobs: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (jobs[first : first + GROUP] for first in range(0, len(jobs), GROUP))
