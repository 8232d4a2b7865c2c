"""From a message to outcomes, for any number of jobs: claim, have them carried out, have it written.

Knows no Celery, so that it can be tested, and one day run, without.
"""

import itertools
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from jobs.kind import Kind
from ledger.claim import Claimed, claim, claimed_in
from ledger.connection import Connection, Pool
from ledger.ids import new_id
from ledger.moves import Move, Settlement
from ledger.quarantine import SUSPECT, died_alone
from ledger.states import State
from ledger.takeover import take_over
from workers.carrier import Carrier
from workers.persistence import insist
from workers.quarantine.cell import ProcessDiedError, UntriedError, carry_out_apart
from workers.writer import FINISH_PATIENCE_S, Writer, Written

logger = logging.getLogger(__name__)

CLAIM_PATIENCE_S = 5.0  # an unclaimed job is leased again anyway
UNTRIED = Move(State.STAGED, "handed_back", delay=1.0)


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out jobs for one executor."""

    executor: UUID
    pool: Pool
    carrier: Carrier
    writer: Writer

    def run(self, kind: Kind, ids: Collection[UUID], *, message_id: UUID) -> dict[UUID, Move]:
        """Carry out those of the jobs that can be claimed; returns how each of them ended.

        Raises `workers.errors.LedgerAwayError`; no job is harmed by it.
        """
        batch = new_id()
        claimed = self._claim(kind, ids, message_id, batch)
        if not claimed:
            return {}
        if max(job.crashes for job in claimed) >= SUSPECT:
            return self._apart(kind, claimed, batch)
        written: list[Written] = []
        left = len(claimed)
        for part in self.carrier.carry_out(kind, claimed):
            left -= len(part)
            written.append(self.writer.settle(part, batch=batch, last=not left))
        return self._written(written)

    def _claim(self, kind: Kind, ids: Collection[UUID], message_id: UUID, batch: UUID) -> list[Claimed]:
        """Claim them. A try may have gone through though only its failure was seen: what its batch holds is ours as well."""
        take = partial(
            claim,
            ids=ids,
            kind=kind.name,
            executor=self.executor,
            message_id=message_id,
            batch=batch,
            limit=self.carrier.limit(kind),
        )
        tries = itertools.count(1)

        def take_or_find(connection: Connection) -> list[Claimed]:
            first = next(tries) == 1
            taken = take(connection)
            return taken if first or len(taken) == len(ids) else claimed_in(connection, batch)

        return insist(self.pool, take_or_find, seconds=CLAIM_PATIENCE_S)

    def _apart(self, kind: Kind, suspects: Sequence[Claimed], batch: UUID) -> dict[UUID, Move]:
        """Executors were lost while they had these jobs: a process of their own takes them, and nobody else with it."""
        written: list[Written] = []
        left = {job.id: job for job in suspects}
        ends: dict[UUID, Move] = {}
        try:
            for settlement in carry_out_apart(kind, suspects):
                written.append(self.writer.settle([settlement], batch=batch))
                del left[settlement.job_id]
        except UntriedError:
            handed_back = [Settlement(job.id, job.claim, UNTRIED) for job in left.values()]
            written.append(self.writer.settle(handed_back, batch=batch))
        except ProcessDiedError as death:
            for one in written:
                one.result()
            ends = self._after_death(left, len(suspects), batch, death)
            if len(suspects) > 1 and left:  # the takeover has closed the batch, or left in it what somebody was holding
                return ends | self._written(written)
        return ends | self._written([*written, self.writer.settle([], batch=batch, last=True)])

    def _after_death(
        self, left: Mapping[UUID, Claimed], of: int, batch: UUID, death: ProcessDiedError
    ) -> dict[UUID, Move]:
        """One that was alone has done it. Of several, nobody can say which: they come again in halves."""
        if not left:
            return {}
        if of > 1:
            logger.error("%d jobs: one of them took down the process they were in (%s)", len(left), death)
            give_up = partial(take_over, gone=[], died=[batch])
            taken = insist(self.pool, give_up, seconds=FINISH_PATIENCE_S)
            return {one.id: Move(one.state, one.event, code="worker_lost") for one in taken if one.id in left}
        (suspect,) = left.values()
        logger.error("job %s: took down the process it was alone in (%s)", suspect.id, death)
        record = partial(died_alone, job_id=suspect.id, claim=suspect.claim)
        state = insist(self.pool, record, seconds=FINISH_PATIENCE_S) or State.STAGED
        return {suspect.id: Move(state, "died_alone", code="worker_lost")}

    @staticmethod
    def _written(written: Sequence[Written]) -> dict[UUID, Move]:
        """Wait until all of it is in the ledger."""
        ends: dict[UUID, Move] = {}
        for one in written:
            counted = one.result()
            for settlement in one.settlements:
                ends[settlement.job_id] = settlement.move
                if settlement.job_id not in counted:
                    # Fenced off; or a first attempt to write it went through and only its acknowledgement was lost.
                    logger.warning("job %s: claim %d counts no more", settlement.job_id, settlement.claim)
        return ends


def intent_of(writer: Writer, claimed: Claimed) -> bool:
    """Record a claim's point of no return through the writer, after all that was settled before it."""
    return writer.intend(claimed.id, claimed.claim, seconds=claimed.time_limit)
