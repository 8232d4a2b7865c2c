"""Looking without touching: what status pages, the API, readiness and the command line show. Moves nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.states import State


@dataclass(frozen=True, slots=True)
class JobView:
    """A job's row, without payload and person."""

    id: UUID
    signup_id: UUID | None
    kind: str
    queue: str
    state: State
    attempts: int
    crashes: int
    claim: int
    run_at: datetime
    due_in: float  # seconds until run_at, by the database's clock; negative where it has passed
    error_code: str | None
    provider_id: str | None
    created_at: datetime
    finished_at: datetime | None
    tried_at: datetime | None = field(default=None, kw_only=True)  # when a claim last answered

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of a job's history."""

    at: datetime
    event: str
    claim: int
    attempt: int
    worker: UUID | None
    message_id: UUID | None
    code: str | None
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class SignupView:
    """A sign-up and those of its jobs that anybody may see, in the order in which they were owed."""

    id: UUID
    created_at: datetime
    asks: bool  # nothing but a question is owed until it is confirmed
    confirmed_at: datetime | None
    jobs: tuple[JobView, ...]


_JOB = """
SELECT id, signup_id, kind, queue, state, attempts, crashes, claim, run_at,
       extract(epoch FROM run_at - now())::float8 AS due_in, error_code, provider_id, created_at, finished_at,
       tried_at
FROM jobs
"""


def signup(connection: Connection, signup_id: UUID) -> SignupView | None:
    """The sign-up with its jobs, or None."""
    row = connection.execute(
        "SELECT created_at, asks, confirmed_at FROM signups WHERE id = %s", (signup_id,)
    ).fetchone()
    if row is None:
        return None
    with connection.cursor(row_factory=class_row(JobView)) as cursor:
        jobs = cursor.execute(f"{_JOB} WHERE signup_id = %s AND NOT hidden ORDER BY seq", (signup_id,)).fetchall()
    created_at, asks, confirmed_at = row
    return SignupView(signup_id, created_at, asks, confirmed_at, tuple(jobs))


def job(connection: Connection, job_id: UUID) -> JobView | None:
    """One job, or None."""
    with connection.cursor(row_factory=class_row(JobView)) as cursor:
        return cursor.execute(f"{_JOB} WHERE id = %s", (job_id,)).fetchone()


def history(connection: Connection, job_id: UUID) -> list[EventView]:
    """Everything that happened to one job, oldest first."""
    with connection.cursor(row_factory=class_row(EventView)) as cursor:
        return cursor.execute(
            "SELECT at, event, claim, attempt, worker, message_id, code, provider_id "
            "FROM job_events WHERE job_id = %s ORDER BY id",
            (job_id,),
        ).fetchall()
