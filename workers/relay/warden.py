"""The warden: brings back what was lost, carries on what was decided, forgets what is old. Once a second, in every relay.

Any number of wardens may do this at once: each statement takes what it finds unlocked and leaves the rest.
"""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

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
from ledger.connection import Connection, brief_waits
from ledger.pruning import prune
from workers.relay.chores import Chores
from workers.relay.silence import Silence
from workers.relay.wire import Wire

logger = logging.getLogger(__name__)

EVERY_S = 1.0
LOST_AFTER_S = 4.0
"""A message that is not in its queue any more has been claimed within milliseconds, unless whoever popped it is gone."""

LOCK_S = 0.5
"""How long a chore waits for a row that somebody holds: so that one or two of them keep readings of who is alive less than
`LONGEST_GAP_S` apart all the same."""

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
        self._chores = Chores()
        self._silence = Silence(processes.SILENT_S)
        self._next = 0.0
        self._next_forget = time.monotonic() + FORGET_EVERY_S

    def look(self, connection: Connection, wire: Wire) -> None:
        """Do a round, if one is due. Raises `psycopg.Error` and `WireDownError`; a chore that is only held up spoils no other."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_S
        gone = self._watch(connection, now)
        with brief_waits(connection, LOCK_S):
            self._chores.do("taking over", lambda: self._take_over(connection, gone))
            for queue in self._queues:
                self._tend(connection, wire, queue)
            self._chores.do("bulk operations", lambda: bulk.advance(connection))
            self._chores.do("adding up counts", lambda: counts.add_up(connection))
            self._forget(connection)
            self._chores.do("completing erasures", lambda: self._complete(connection))

    def blinded(self) -> None:
        """The ledger could not be reached: nobody is silent any more."""
        self._silence.forget()

    def _watch(self, connection: Connection, now: float) -> set[UUID]:
        beats = {one.id: one.seen_at for one in processes.register(connection) if one.role == "executor"}
        return self._silence.gone(beats, now)

    def _take_over(self, connection: Connection, gone: Collection[UUID]) -> None:
        for job in takeover.take_over(connection, gone):
            logger.warning("job %s: claim %d %s; the job is %s now", job.id, job.claim, job.event, job.state)

    def _tend(self, connection: Connection, wire: Wire, queue: str) -> None:
        """What is to be done for one queue."""
        do = self._chores.do
        do(f"finding lost messages of {queue}", lambda: self._find_lost(connection, wire, queue))
        do(f"pulling forward in {queue}", lambda: self._pull_forward(connection, queue))
        do(f"burying unknown kinds of {queue}", lambda: self._bury(connection, queue))

    def _pull_forward(self, connection: Connection, queue: str) -> None:
        if count := circuits.pull_forward(connection, queue, terms=self._terms):
            logger.info("%d jobs of queue %s waited only for their provider, and are due now", count, queue)

    @staticmethod
    def _bury(connection: Connection, queue: str) -> None:
        if count := unknown_kinds.bury(connection, queue):
            logger.error("%d jobs of queue %s are dead: no code has known their kind for minutes", count, queue)

    def _forget(self, connection: Connection) -> None:
        """Everything that is old enough."""
        do = self._chores.do
        do("pruning jobs", lambda: self._prune(connection))
        do("forgetting facts", lambda: facts.forget(connection, after=self._prune_after))
        do("forgetting people", lambda: self._forget_people(connection))
        do("forgetting limits", lambda: limits.forget(connection))
        do("forgetting challenges", lambda: challenges.forget(connection))
        do("forgetting idempotency keys", lambda: idempotency.forget(connection))
        now = time.monotonic()
        if now >= self._next_forget:
            self._next_forget = now + FORGET_EVERY_S
            do("forgetting processes", lambda: processes.forget(connection))

    def _prune(self, connection: Connection) -> None:
        if uncovered := prune(connection, after=self._prune_after).uncovered:
            logger.error("%d jobs were in flight and nobody watched them; they are watched again", uncovered)

    def _forget_people(self, connection: Connection) -> None:
        done = forgetting.forget(connection, unanswered=self._unanswered_after, ended=self._prune_after)
        if done.people:
            logger.info("%d people who never answered a question are forgotten", done.people)

    @staticmethod
    def _complete(connection: Connection) -> None:
        if count := erasure.complete(connection):
            logger.info("%d people who asked to be forgotten are", count)

    @staticmethod
    def _find_lost(connection: Connection, wire: Wire, queue: str) -> None:
        overdue = messages.unclaimed(connection, queue, after=LOST_AFTER_S)
        if not overdue:
            return
        lost = set(overdue) - wire.waiting(queue)
        if lost and (count := messages.give_back(connection, lost)):
            logger.warning("messages of queue %s were lost on the wire; their %d jobs are staged again", queue, count)
