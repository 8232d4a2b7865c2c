"""Carrying out one claimed job: call its provider, tell the provider's circuit, decide. Writes no outcome.

Kept apart from the runner, because a suspect is carried out in a process of its own while the runner waits outside.
"""

import logging
import random
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from jobs.kind import Job, Kind, Recipient
from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from jobs.retry import Tries, crashed, decide
from ledger.claim import Claimed, intend
from ledger.connection import Connection, Pool
from ledger.moves import Move
from workers.circuit import DONE_BEFORE, PAYLOAD_NOT_UNDERSTOOD, PERSON_GONE, tell
from workers.errors import LedgerAwayError
from workers.persistence import insist
from workers.providers.adapter import Adapter

logger = logging.getLogger(__name__)

TELL_PATIENCE_S = 5.0  # a circuit that missed one failure opens at the next


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries out jobs with these providers."""

    pool: Pool
    providers: Mapping[str, Adapter]

    def carry_out(self, kind: Kind, claimed: Claimed) -> Move:
        """Do it, whatever happens: nothing that a kind's code or a provider does comes out of here but a move."""
        provider = self.providers.get(kind.provider)
        crossing = _Crossing(self.pool, claimed)
        tries = Tries(
            attempts=claimed.attempts,
            max_retries=claimed.max_retries,
            budget_left=claimed.budget_left,
            repeatable=claimed.resend or (provider is not None and provider.repeatable),
            claims=claimed.claim,
            probing=claimed.probing,
        )
        policy, draw = kind.policy, random.random
        try:
            outcome = self._ask(kind, claimed, provider, crossing)
        except LedgerAwayError:
            outcome = Retry(
                "ledger_away", blame=Blame.OURS
            )  # the way past the point of no return was not open: unharmed
        except Exception as error:  # noqa: BLE001  # whatever a kind's code raises must end this job and no other
            # Neither its text nor its traceback's: both may quote an address.
            logger.error("job %s: %s raised %s", claimed.id, kind.name, _where(error))  # noqa: TRY400
            self._tell(kind.provider, claimed, None)
            if crossing.passed and not tries.repeatable:
                return decide(Unknown(f"raised_{type(error).__name__}"), policy=policy, tries=tries, draw=draw)
            return crashed(error, policy=policy, tries=tries, draw=draw)
        self._tell(kind.provider, claimed, outcome)
        return decide(outcome, policy=policy, tries=tries, draw=draw)

    def _tell(self, provider: str, claimed: Claimed, outcome: Outcome | None) -> None:
        """Let the provider's circuit have the news."""
        report = partial(tell, provider=provider, claimed=claimed, outcome=outcome)
        try:
            insist(self.pool, report, seconds=TELL_PATIENCE_S)
        except LedgerAwayError:
            logger.warning("job %s: its provider's circuit could not be told", claimed.id)

    @staticmethod
    def _ask(kind: Kind, claimed: Claimed, provider: Adapter | None, crossing: "_Crossing") -> Outcome:
        if provider is None:
            return Retry("provider_not_configured", blame=Blame.OPERATOR)
        if claimed.done_before:
            return Suppressed(DONE_BEFORE)
        if claimed.address is None:
            return Suppressed(PERSON_GONE)
        try:
            payload = kind.payload.model_validate(claimed.payload)
        except ValidationError:
            return Rejected(PAYLOAD_NOT_UNDERSTOOD)
        job: Job[Any] = Job(
            id=claimed.id,
            payload=payload,
            recipient=Recipient(claimed.address, claimed.name, claimed.locale),
            in_doubt=claimed.intended_before,
            no_return=crossing,
        )
        return kind.deliver(provider, job)


@dataclass(slots=True)
class _Crossing:
    """One claim's point of no return. Remembers whether it was passed: an exception from beyond it leaves doubt."""

    pool: Pool
    claimed: Claimed
    passed: bool = False

    def __call__(self) -> bool:
        def record(connection: Connection) -> bool:
            return intend(connection, self.claimed.id, self.claimed.claim)

        self.passed = insist(self.pool, record, seconds=self.claimed.time_limit)
        return self.passed


def _where(error: Exception) -> str:
    """The exception's type and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
