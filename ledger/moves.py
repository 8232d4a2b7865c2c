"""What the end of a claim does to a job, as plain data between the one who decides and the one who writes.

Kept apart from both, because the decision (`jobs.retry`) must need no database and the statement
(`ledger.finish`) must need no policy.
"""

from dataclasses import dataclass
from uuid import UUID

from ledger.states import State


@dataclass(frozen=True, slots=True)
class Move:
    """One job's next state, with everything that is written along with it."""

    state: State
    event: str  # the history's word for it, a past participle
    delay: float | None = None  # seconds from now until it is due again; None leaves run_at as it is
    spent: int = 0  # 1 where the answer used up one attempt of the budget
    code: str | None = None  # why, in the vocabulary of `jobs.outcomes`; never a provider's free text
    provider_id: str | None = None
    asked: bool = False  # the delay is what the provider asked for: nothing pulls the job forward before it


@dataclass(frozen=True, slots=True)
class Settlement:
    """A move, addressed: the job and the claim number (the fencing token) under which it was worked on."""

    job_id: UUID
    claim: int
    move: Move
