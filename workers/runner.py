"""Carrying out: claim, call, decide, finish. The one path from a message to an outcome, for any number of jobs.

Knows no Celery, so that it can be tested, and one day run, without.
"""

import logging
import random
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from jobs.kind import Job, Kind, Recipient
from jobs.outcomes import Outcome, Rejected, Suppressed
from jobs.retry import Tries, crashed, decide
from ledger.claim import Claimed, claim, intend
from ledger.connection import Connection, Pool
from ledger.finish import finish
from ledger.moves import Move, Settlement
from workers.circuit import DONE_BEFORE, PERSON_GONE, tell
from workers.errors import LedgerAwayError
from workers.persistence import insist
from workers.providers.adapter import Adapter

logger = logging.getLogger(__name__)

CLAIM_PATIENCE_S = 5.0  # an unclaimed job is leased again anyway
FINISH_PATIENCE_S = 300.0  # an answer in hand is worth waiting for: without it the call is made again


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out jobs for one executor."""

    executor: UUID
    pool: Pool
    providers: Mapping[str, Adapter]

    def run(self, kind: Kind, ids: Collection[UUID], *, message_id: UUID) -> dict[UUID, Move]:
        """Carry out those of the jobs that can be claimed; returns how each of them ended.

        Raises `workers.errors.LedgerAwayError`; no job is harmed by it.
        """
        take = partial(claim, ids=ids, kind=kind.name, executor=self.executor, message_id=message_id)
        claimed = insist(self.pool, take, seconds=CLAIM_PATIENCE_S)
        settlements = [Settlement(job.id, job.claim, self._carry_out(kind, job)) for job in claimed]
        return self._settle(settlements) if settlements else {}

    def _settle(self, settlements: list[Settlement]) -> dict[UUID, Move]:
        def write(connection: Connection) -> set[UUID]:
            return finish(connection, settlements, executor=self.executor)

        counted = insist(self.pool, write, seconds=FINISH_PATIENCE_S)
        for settlement in settlements:
            if settlement.job_id not in counted:
                # Fenced off; or a first attempt to write it went through and only its acknowledgement was lost.
                logger.warning("job %s: claim %d counts no more", settlement.job_id, settlement.claim)
        return {settlement.job_id: settlement.move for settlement in settlements}

    def _carry_out(self, kind: Kind, claimed: Claimed) -> Move:
        provider = self.providers[kind.provider]
        tries = Tries(
            attempts=claimed.attempts,
            max_retries=claimed.max_retries,
            budget_left=claimed.budget_left,
            repeatable=provider.repeatable or claimed.resend,
            probing=claimed.probing,
        )
        policy, draw = kind.policy, random.random
        try:
            outcome = self._ask(kind, claimed, provider)
        except Exception as error:  # noqa: BLE001  # whatever a kind's code raises must end this job and no other
            # Neither its text nor its traceback's: both may quote an address.
            logger.error("job %s: %s raised %s", claimed.id, kind.name, _where(error))  # noqa: TRY400
            self._tell(kind.provider, claimed, None)
            return crashed(error, policy=policy, tries=tries, draw=draw)
        self._tell(kind.provider, claimed, outcome)
        return decide(outcome, policy=policy, tries=tries, draw=draw)

    def _tell(self, provider: str, claimed: Claimed, outcome: Outcome | None) -> None:
        """Let the provider's circuit have the news."""
        report = partial(tell, provider=provider, claimed=claimed, outcome=outcome)
        try:
            insist(self.pool, report, seconds=CLAIM_PATIENCE_S)
        except LedgerAwayError:
            logger.warning("job %s: its provider's circuit could not be told", claimed.id)

    def _ask(self, kind: Kind, claimed: Claimed, provider: Adapter) -> Outcome:
        if claimed.done_before:
            return Suppressed(DONE_BEFORE)
        if claimed.address is None:
            return Suppressed(PERSON_GONE)
        try:
            payload = kind.payload.model_validate(claimed.payload)
        except ValidationError:
            return Rejected("payload_not_understood")
        job: Job[Any] = Job(
            id=claimed.id,
            payload=payload,
            recipient=Recipient(claimed.address, claimed.name, claimed.locale),
            in_doubt=claimed.intended_before,
            no_return=partial(self._intend, claimed),
        )
        return kind.deliver(provider, job)

    def _intend(self, claimed: Claimed) -> bool:
        def record(connection: Connection) -> bool:
            return intend(connection, claimed.id, claimed.claim)

        return insist(self.pool, record, seconds=claimed.time_limit)


def _where(error: Exception) -> str:
    """The exception's type and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
