"""What anybody with the address of a sign-up may learn of its jobs, as pure functions.

Separate because of what it must never do: tell somebody who signs a stranger's address up whether that address was
known, left or blocked. A skipped job therefore looks like one that succeeded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from ledger.reading import JobView, SignupView
from ledger.states import FINAL, State

Status = Literal["awaiting_confirmation", "accepted", "processing", "completed", "attention"]

_TROUBLE = frozenset({State.DEAD, State.UNKNOWN})
_PACES = ((30, 1), (300, 3), (3_600, 10))  # (still for less than so many seconds, ask every so many)
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


def status_of(signup: SignupView) -> Status:
    """One word for all of it."""
    if any(job.state in _TROUBLE for job in signup.jobs):
        return "attention"
    if awaits_confirmation(signup):
        return "awaiting_confirmation"
    if is_final(signup.jobs):
        return "completed"
    if any(job.claim for job in signup.jobs):
        return "processing"
    return "accepted"


def awaits_confirmation(signup: SignupView) -> bool:
    """Whether the person has been asked, and has not answered."""
    return signup.asks and signup.confirmed_at is None


def is_over(signup: SignupView) -> bool:
    """Whether nothing more will happen to the sign-up, by itself or because the person confirms it."""
    return is_final(signup.jobs) and not awaits_confirmation(signup)


def is_final(jobs: Sequence[JobView]) -> bool:
    """Whether nothing more will happen by itself."""
    return all(job.state in FINAL for job in jobs)


def ask_again_in(jobs: Sequence[JobView], *, since: datetime, now: datetime, awaiting: bool = False) -> int | None:
    """Whole seconds after which it is worth asking again, growing while nothing moves; None where nothing more will happen.

    `since`: when it was owed. `awaiting`: a person has still to confirm. Where every open job waits for its next try,
    nothing is to be seen before the first of them, so that is waited for.
    """
    open_jobs = [job for job in jobs if job.state not in FINAL]
    if not open_jobs and not awaiting:
        return None
    still = (now - _last_move(jobs, since, now)).total_seconds()
    pace = next((every for shorter_than, every in _PACES if still < shorter_than), _SLOWEST_S)
    if open_jobs and all(job.state is State.RETRYING for job in open_jobs):
        return max(pace, min(ceil(min(job.due_in for job in open_jobs)), _LONGEST_HOLD_S))
    return pace


def _last_move(jobs: Sequence[JobView], since: datetime, now: datetime) -> datetime:
    """The last moment of which it is known that something moved then, or could have: a job that has come due counts.

    When a claim began is not on the job's row, so one that is running counts from when it was due.
    """
    moments = [moment for job in jobs for moment in (job.tried_at, job.finished_at, _came_due(job, now)) if moment]
    return max([since, *moments])


def _came_due(job: JobView, now: datetime) -> datetime | None:
    return now - timedelta(seconds=-job.due_in) if job.due_in <= 0 and job.state not in FINAL else None
