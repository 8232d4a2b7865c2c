"""What anybody with the address of a sign-up may learn of its jobs, as pure functions.

Separate because of what it must never do: tell somebody who signs a stranger's address up whether that address was
known, left or blocked. A skipped job therefore looks like one that succeeded.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Literal

from ledger.reading import JobView
from ledger.states import FINAL, State

Status = Literal["accepted", "processing", "completed", "attention"]

_TROUBLE = frozenset({State.DEAD, State.UNKNOWN})
_PACES = ((30, 1), (300, 3), (3_600, 10))  # (younger than so many seconds, ask every so many)
_SLOWEST_S = 30
_LONGEST_HOLD_S = 10  # an operator's replay or a provider's return must not go unseen for longer than this


def shown_state(state: State) -> State:
    """The state as it is shown in public."""
    return State.SUCCEEDED if state is State.SKIPPED else state


def shown_event(event: str) -> str:
    """The word of a job's history as it is shown in public."""
    return "succeeded" if event == "skipped" else event


def shown_error(job: JobView) -> str | None:
    """The code as it is shown in public."""
    return None if job.state is State.SKIPPED else job.error_code


def status_of(jobs: Sequence[JobView]) -> Status:
    """One word for all of them."""
    if any(job.state in _TROUBLE for job in jobs):
        return "attention"
    if is_final(jobs):
        return "completed"
    if any(job.claim for job in jobs):
        return "processing"
    return "accepted"


def is_final(jobs: Sequence[JobView]) -> bool:
    """Whether nothing more will happen by itself."""
    return all(job.state in FINAL for job in jobs)


def ask_again_in(jobs: Sequence[JobView], *, since: datetime, now: datetime) -> int | None:
    """Whole seconds after which it is worth asking again, growing with age; None where nothing more will happen.

    Where every open job waits for its next try, nothing is to be seen before the first of them, so that is waited for.
    """
    if is_final(jobs):
        return None
    age = (now - since).total_seconds()
    pace = next((every for younger_than, every in _PACES if age < younger_than), _SLOWEST_S)
    open_jobs = [job for job in jobs if job.state not in FINAL]
    if all(job.state is State.RETRYING for job in open_jobs):
        return max(pace, min(ceil(min(job.due_in for job in open_jobs)), _LONGEST_HOLD_S))
    return pace
