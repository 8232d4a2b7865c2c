"""The warden: brings back what was lost, carries on what was decided, forgets what is old. Once a second, in every relay.

Any number of wardens may do this at once: each statement takes what it finds unlocked and leaves the rest.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from ledger import (
    bulk,
    challenges,
    circuits,
    counts,
    erasure,
    facts,
    forgetting,
    idempotency,
    limits,
    messages,
    processes,
    takeover,
    unknown_kinds,
)
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.pruning import prune
from workers.relay.silence import Silence
from workers.relay.wire import Wire

logger = logging.getLogger(__name__)

EVERY_S = 1.0
LOST_AFTER_S = 4.0
"""A message that is not in its queue any more has been claimed within milliseconds, unless whoever popped it is gone."""

FORGET_EVERY_S = 600.0


class Warden:
    """Looks after what was handed out."""

    def __init__(
        self, queues: Sequence[str], terms: Sequence[Terms], *, prune_after: timedelta, unanswered_after: timedelta
    ) -> None:
        self._queues = queues
        self._terms = terms
        self._prune_after = prune_after
        self._unanswered_after = unanswered_after
        self._silence = Silence(processes.SILENT_S)
        self._next = 0.0
        self._next_forget = time.monotonic() + FORGET_EVERY_S

    def look(self, connection: Connection, wire: Wire) -> None:
        """Do a round, if one is due. Raises `psycopg.Error` and `WireDownError`."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_S
        self._take_over(connection, now)
        for queue in self._queues:
            self._find_lost(connection, wire, queue)
            self._pull_forward(connection, queue)
            if count := unknown_kinds.bury(connection, queue):
                logger.error("%d jobs of queue %s are dead: no code has known their kind for minutes", count, queue)
        bulk.advance(connection)
        counts.add_up(connection)
        if uncovered := prune(connection, after=self._prune_after).uncovered:
            logger.error("%d jobs were in flight and nobody watched them; they are watched again", uncovered)
        self._forget_people(connection)
        for forget in (limits.forget, challenges.forget, idempotency.forget):
            forget(connection)
        if count := erasure.complete(connection):
            logger.info("%d people who asked to be forgotten are", count)
        if now >= self._next_forget:
            self._next_forget = now + FORGET_EVERY_S
            processes.forget(connection)

    def blinded(self) -> None:
        """The ledger could not be reached: nobody is silent any more."""
        self._silence.forget()

    def _take_over(self, connection: Connection, now: float) -> None:
        beats = {one.id: one.seen_at for one in processes.register(connection) if one.role == "executor"}
        gone = self._silence.gone(beats, now)
        for job in takeover.take_over(connection, gone):
            logger.warning("job %s: claim %d %s; the job is %s now", job.id, job.claim, job.event, job.state)

    def _pull_forward(self, connection: Connection, queue: str) -> None:
        if count := circuits.pull_forward(connection, queue, terms=self._terms):
            logger.info("%d jobs of queue %s waited only for their provider, and are due now", count, queue)

    def _forget_people(self, connection: Connection) -> None:
        facts.forget(connection, after=self._prune_after)
        done = forgetting.forget(connection, unanswered=self._unanswered_after, ended=self._prune_after)
        if done.people:
            logger.info("%d people who never answered a question are forgotten", done.people)

    @staticmethod
    def _find_lost(connection: Connection, wire: Wire, queue: str) -> None:
        overdue = messages.unclaimed(connection, queue, after=LOST_AFTER_S)
        if not overdue:
            return
        lost = set(overdue) - wire.waiting(queue)
        if lost and (count := messages.give_back(connection, lost)):
            logger.warning("messages of queue %s were lost on the wire; their %d jobs are staged again", queue, count)
