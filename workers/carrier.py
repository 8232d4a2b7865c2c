"""Carrying out claimed jobs of one kind, one connection's worth: call their provider, tell its circuit, decide.

Writes no outcome, and is blind to batches and messages: a suspect batch is carried out in a process of its own while the
runner waits outside.
"""

import logging
import random
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from jobs.kind import Job, Kind, Recipient
from jobs.links import Links
from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from jobs.retry import Tries, crashed, decide
from ledger.claim import Claimed
from ledger.connection import Connection, Pool
from ledger.moves import Move, Settlement
from workers.circuit import (
    DONE_BEFORE,
    MUTED,
    PAYLOAD_NOT_UNDERSTOOD,
    PERSON_GONE,
    UNWANTED,
    is_failure,
    is_news,
    news,
    tell,
)
from workers.errors import LedgerAwayError
from workers.persistence import insist
from workers.providers.adapter import Adapter

logger = logging.getLogger(__name__)

TELL_PATIENCE_S = 5.0  # a circuit that missed one failure opens at the next

CIRCUIT_OPEN = Retry("circuit_open", blame=Blame.OURS)
STOPPING = Retry("stopping", blame=Blame.OURS)
LEDGER_AWAY = Retry("ledger_away", blame=Blame.OURS)
BULK_MISMATCH = Retry("bulk_answer_not_understood")

Intend = Callable[[Claimed], bool]
"""Records one job's point of no return; False where it has been fenced off. Raises `workers.errors.LedgerAwayError`."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries out jobs with these providers. `stopping()`: what has not begun is handed back."""

    pool: Pool
    providers: Mapping[str, Adapter]
    links: Links
    intend: Intend
    stopping: Callable[[], bool] = field(default=lambda: False)

    def carry_out(self, kind: Kind, claimed: Sequence[Claimed]) -> Iterator[list[Settlement]]:
        """Do them, whatever happens: nothing that a kind's code or a provider does comes out of here but moves.

        Yields them as they come: all that one call has settled.
        """
        provider = self.providers.get(kind.provider)
        ready, ended = self._sort(kind, provider, claimed)
        if ended:
            yield [self._settle(kind, provider, one, outcome) for one, outcome in ended]
        if provider is not None and kind.deliver_all is not None and provider.bulk > 1 and len(ready) > 1:
            yield from self._in_bulk(kind, provider, kind.deliver_all, ready)
        elif provider is not None:
            yield from self._one_by_one(kind, provider, ready)

    def limit(self, kind: Kind) -> tuple[str, int] | None:
        """The kind's provider and the most calls it allows at once; None where no limit is known."""
        provider = self.providers.get(kind.provider)
        return None if provider is None or provider.connections is None else (kind.provider, provider.connections)

    def _sort(
        self, kind: Kind, provider: Adapter | None, claimed: Sequence[Claimed]
    ) -> tuple[list["_Ready"], list[tuple[Claimed, Outcome]]]:
        """Those that can be delivered, and those that need no call, with how they end."""
        ready: list[_Ready] = []
        ended: list[tuple[Claimed, Outcome]] = []
        for one in claimed:
            found = self._prepare(kind, provider, one)
            if isinstance(found, _Ready):
                ready.append(found)
            else:
                ended.append((one, found))
                self._tell(kind.provider, one, found)
        return ready, ended

    def _prepare(self, kind: Kind, provider: Adapter | None, claimed: Claimed) -> "_Ready | Outcome":
        if provider is None:
            return Retry("provider_not_configured", blame=Blame.OPERATOR)
        if claimed.done_before:
            return Suppressed(DONE_BEFORE)
        if claimed.address is None and not kind.despite_erasure:
            return Suppressed(PERSON_GONE)
        if claimed.muted:
            return Suppressed(MUTED)
        if (claimed.gone or claimed.unwanted) and not kind.despite_leaving:
            return Suppressed(UNWANTED)
        try:
            payload = kind.payload.model_validate(claimed.payload)
        except ValidationError:
            return Rejected(PAYLOAD_NOT_UNDERSTOOD)
        crossing = _Crossing(self.intend, claimed)
        job: Job[Any] = Job(
            id=claimed.id,
            payload=payload,
            recipient=Recipient(claimed.address or "", claimed.name, claimed.locale),
            in_doubt=claimed.intended_before,
            no_return=crossing,
            links=self.links.of(signup_id=claimed.signup_id, subscriber_id=claimed.subscriber_id),
        )
        return _Ready(claimed, job, crossing)

    def _one_by_one(self, kind: Kind, provider: Adapter, ready: Sequence["_Ready"]) -> Iterator[list[Settlement]]:
        is_open = awaited = False
        for one in ready:
            if is_open or self.stopping():
                outcome: Outcome = CIRCUIT_OPEN if is_open else STOPPING
                yield [self._settle(kind, provider, one.claimed, outcome)]
                continue
            try:
                outcome = kind.deliver(provider, one.job)
            except LedgerAwayError:
                # The way past the point of no return was not open: unharmed.
                outcome = LEDGER_AWAY
            except Exception as error:  # noqa: BLE001  # whatever a kind's code raises must end this job and no other
                yield [self._settle_crash(kind, provider, one, error)]
                continue
            # They were claimed together, before one of them failed: the circuit waits for the success of those after it.
            claimed = replace(one.claimed, awaited=True) if awaited else one.claimed
            if is_news(claimed, outcome):
                awaited = is_failure(outcome)
            is_open = self._tell(kind.provider, claimed, outcome)
            yield [self._settle(kind, provider, one.claimed, outcome)]

    def _in_bulk(
        self,
        kind: Kind,
        provider: Adapter,
        deliver_all: Callable[[Any, Sequence[Job[Any]]], Sequence[Outcome]],
        ready: Sequence["_Ready"],
    ) -> Iterator[list[Settlement]]:
        is_open = False
        for start in range(0, len(ready), provider.bulk):
            part = ready[start : start + provider.bulk]
            if is_open or self.stopping():
                outcomes: Sequence[Outcome] = [CIRCUIT_OPEN if is_open else STOPPING] * len(part)
            else:
                try:
                    outcomes = deliver_all(provider, [one.job for one in part])
                except Exception as error:  # noqa: BLE001  # the same
                    yield [self._settle_crash(kind, provider, one, error) for one in part]
                    continue
                if len(outcomes) != len(part):
                    outcomes = [BULK_MISMATCH] * len(part)
                # One call is one piece of news, however many jobs it carried.
                nth, outcome = news(outcomes)
                is_open = self._tell(kind.provider, part[nth].claimed, outcome)
            yield [
                self._settle(kind, provider, one.claimed, outcome) for one, outcome in zip(part, outcomes, strict=True)
            ]

    def _settle(self, kind: Kind, provider: Adapter | None, claimed: Claimed, outcome: Outcome) -> Settlement:
        move = decide(outcome, policy=kind.policy, tries=_tries(claimed, provider), draw=random.random)
        return Settlement(claimed.id, claimed.claim, move)

    def _settle_crash(self, kind: Kind, provider: Adapter, one: "_Ready", error: Exception) -> Settlement:
        # Neither its text nor its traceback's: both may quote an address.
        logger.error("job %s: %s raised %s", one.claimed.id, kind.name, _where(error))
        tries = _tries(one.claimed, provider)
        move: Move
        if one.crossing.passed and not tries.repeatable:
            outcome = Unknown(f"raised_{type(error).__name__}")
            move = decide(outcome, policy=kind.policy, tries=tries, draw=random.random)
        elif isinstance(error, LedgerAwayError):  # in a call for many: the way past the point of no return was not open
            move = decide(LEDGER_AWAY, policy=kind.policy, tries=tries, draw=random.random)
        else:
            move = crashed(error, policy=kind.policy, tries=tries, draw=random.random)
        return Settlement(one.claimed.id, one.claimed.claim, move)

    def _tell(self, provider: str, claimed: Claimed, outcome: Outcome) -> bool:
        """Let the provider's circuit have the news, where it is news; True where that was a failure and it is open now."""

        def report(connection: Connection) -> bool:
            return tell(connection, provider=provider, claimed=claimed, outcome=outcome)

        if not is_news(claimed, outcome):
            return False
        try:
            return insist(self.pool, report, seconds=TELL_PATIENCE_S)
        except LedgerAwayError:
            logger.warning("job %s: its provider's circuit could not be told", claimed.id)
            return False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A job that can be delivered."""

    claimed: Claimed
    job: Job[Any]
    crossing: "_Crossing"


@dataclass(slots=True)
class _Crossing:
    """One claim's point of no return. Remembers whether it was passed: an exception from beyond it leaves doubt."""

    intend: Intend
    claimed: Claimed
    passed: bool = False

    def __call__(self) -> bool:
        self.passed = self.intend(self.claimed)
        return self.passed


def _tries(claimed: Claimed, provider: Adapter | None) -> Tries:
    return Tries(
        attempts=claimed.attempts,
        max_retries=claimed.max_retries,
        budget_left=claimed.budget_left,
        repeatable=claimed.resend or (provider is not None and provider.repeatable),
        claims=claimed.claim,
        probing=claimed.probing,
    )


def _where(error: Exception) -> str:
    """The exception's type and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
