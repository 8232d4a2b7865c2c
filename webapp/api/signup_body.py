"""A sign-up as the API shows it. It must never hold the person's data: whoever has the address can read it."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel

from ledger.owed import OwedJob
from ledger.reading import JobView, SignupView
from ledger.signups import Signup
from ledger.states import State
from webapp.public_view import Status, ask_again_in, awaits_confirmation, shown_state, status_of

FIRST_LOOK_S = 1  # after a sign-up: by then both jobs are usually done


class JobBody(BaseModel):
    """One of a sign-up's jobs. `run_at`: not before then is it tried (again)."""

    id: UUID
    kind: str
    queue: str
    state: State
    attempt: int
    run_at: datetime


class Links(BaseModel):
    """Where to go from here."""

    self: str
    events: str
    page: str


class SignupBody(BaseModel):
    """The answer to a sign-up, and what its address says from then on."""

    id: UUID
    status: Status
    created_at: datetime
    jobs: list[JobBody]
    links: Links


def just_taken(signup: Signup) -> SignupBody:
    """A sign-up that has been committed this moment: nobody can have touched its jobs before the answer is written."""
    return SignupBody(
        id=signup.id,
        status=_first_status(signup),
        created_at=signup.created_at,
        jobs=[_owed(job, signup.created_at) for job in signup.jobs],
        links=links(signup.id),
    )


def as_it_stands(signup: SignupView) -> SignupBody:
    """A sign-up looked up in the ledger."""
    return SignupBody(
        id=signup.id,
        status=status_of(signup),
        created_at=signup.created_at,
        jobs=[seen(job) for job in signup.jobs],
        links=links(signup.id),
    )


def retry_after(signup: SignupView) -> dict[str, str]:
    """The header that says when to ask again; no header once nothing more will happen."""
    awaiting = awaits_confirmation(signup)
    seconds = ask_again_in(signup.jobs, since=signup.created_at, now=datetime.now(UTC), awaiting=awaiting)
    return {} if seconds is None else {"Retry-After": str(seconds)}


def links(signup_id: UUID) -> Links:
    """The sign-up's addresses: its own, its events as they happen, and its page for people."""
    itself = f"/api/v1/signups/{signup_id}"
    return Links(self=itself, events=f"{itself}/events", page=f"/signups/{signup_id}")


def _first_status(signup: Signup) -> Status:
    if signup.asks:
        return "awaiting_confirmation"
    return "accepted" if signup.jobs else "completed"


def _owed(job: OwedJob, created_at: datetime) -> JobBody:
    return JobBody(id=job.id, kind=job.kind, queue=job.queue, state=State.STAGED, attempt=0, run_at=created_at)


def seen(job: JobView) -> JobBody:
    """A job looked up in the ledger."""
    state = shown_state(job.state)
    return JobBody(id=job.id, kind=job.kind, queue=job.queue, state=state, attempt=job.attempts, run_at=job.run_at)
