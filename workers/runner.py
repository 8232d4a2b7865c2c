"""From a message to an outcome, for any number of jobs: claim, have it carried out, finish.

Knows no Celery, so that it can be tested, and one day run, without.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from jobs.kind import Kind
from ledger.claim import Claimed, claim
from ledger.connection import Connection, Pool
from ledger.finish import finish
from ledger.moves import Move, Settlement
from ledger.quarantine import SUSPECT, died_alone
from ledger.states import State
from workers.carrier import Carrier
from workers.persistence import insist
from workers.quarantine.cell import ProcessDiedError, UntriedError, carry_out_alone

logger = logging.getLogger(__name__)

CLAIM_PATIENCE_S = 5.0  # an unclaimed job is leased again anyway
FINISH_PATIENCE_S = 300.0  # an answer in hand is worth waiting for: without it the call is made again


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out jobs for one executor."""

    executor: UUID
    pool: Pool
    carrier: Carrier

    def run(self, kind: Kind, ids: Collection[UUID], *, message_id: UUID) -> dict[UUID, Move]:
        """Carry out those of the jobs that can be claimed; returns how each of them ended.

        Raises `workers.errors.LedgerAwayError`; no job is harmed by it.
        """
        take = partial(claim, ids=ids, kind=kind.name, executor=self.executor, message_id=message_id)
        claimed = insist(self.pool, take, seconds=CLAIM_PATIENCE_S)
        suspects = [job for job in claimed if job.crashes >= SUSPECT]
        others = [job for job in claimed if job.crashes < SUSPECT]
        moves = self._settle([Settlement(job.id, job.claim, self.carrier.carry_out(kind, job)) for job in others])
        for job in suspects:
            moves[job.id] = self._alone(job)
        return moves

    def _alone(self, suspect: Claimed) -> Move:
        """Executors were lost while they had this job: it runs in a process of its own, and takes nobody with it."""
        try:
            move = carry_out_alone(suspect)
        except UntriedError:
            move = Move(State.STAGED, "handed_back", delay=1.0)
        except ProcessDiedError as death:
            logger.error("job %s: took down the process it was alone in (%s)", suspect.id, death)  # noqa: TRY400
            record = partial(died_alone, job_id=suspect.id, claim=suspect.claim)
            state = insist(self.pool, record, seconds=FINISH_PATIENCE_S) or State.STAGED
            return Move(state, "died_alone", code="worker_lost")
        return self._settle([Settlement(suspect.id, suspect.claim, move)])[suspect.id]

    def _settle(self, settlements: list[Settlement]) -> dict[UUID, Move]:
        if not settlements:
            return {}

        def write(connection: Connection) -> set[UUID]:
            return finish(connection, settlements, executor=self.executor)

        counted = insist(self.pool, write, seconds=FINISH_PATIENCE_S)
        for settlement in settlements:
            if settlement.job_id not in counted:
                # Fenced off; or a first attempt to write it went through and only its acknowledgement was lost.
                logger.warning("job %s: claim %d counts no more", settlement.job_id, settlement.claim)
        return {settlement.job_id: settlement.move for settlement in settlements}
