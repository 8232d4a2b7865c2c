"""A job as the API shows it: to anybody who has its address, and to the operator, who sees more.

Two models and no switch inside one, so that a field cannot slip from one view into the other.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from ledger.reading import EventView, JobView
from ledger.states import State
from webapp.public_view import shown_error, shown_event, shown_state


class Fault(BaseModel):
    """Why it did not work (yet). `code` is a stable word, the same in the log and on the command line."""

    code: str


class PublicEvent(BaseModel):
    """A line of the history."""

    at: datetime
    event: str
    attempt: int


class OperatorEvent(PublicEvent):
    """The same line, with everything that was written down. `message_id` is Flower's task id."""

    claim: int
    worker: UUID | None
    message_id: UUID | None
    code: str | None
    provider_id: str | None


class PublicJob(BaseModel):
    """What anybody may see."""

    id: UUID
    kind: str
    queue: str
    state: State
    attempt: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    error: Fault | None
    events: Sequence[PublicEvent]


class OperatorJob(PublicJob):
    """What the operator sees: the state as it is, and who had it when."""

    claim: int
    crashes: int
    provider_id: str | None
    worker: UUID | None  # who claimed it last
    message_id: UUID | None  # the message that carried it last
    events: Sequence[OperatorEvent]


def for_anybody(job: JobView, history: Sequence[EventView]) -> PublicJob:
    """The public view."""
    return PublicJob(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        state=shown_state(job.state),
        attempt=job.attempts,
        run_at=job.run_at,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=_fault(shown_error(job)),
        events=[PublicEvent(at=one.at, event=shown_event(one.event), attempt=one.attempt) for one in history],
    )


def for_operator(job: JobView, history: Sequence[EventView]) -> OperatorJob:
    """The operator's view."""
    return OperatorJob(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        state=job.state,
        attempt=job.attempts,
        run_at=job.run_at,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=_fault(job.error_code),
        events=[_line(one) for one in history],
        claim=job.claim,
        crashes=job.crashes,
        provider_id=job.provider_id,
        worker=next((one.worker for one in reversed(history) if one.worker), None),
        message_id=next((one.message_id for one in reversed(history) if one.message_id), None),
    )


def _fault(code: str | None) -> Fault | None:
    return Fault(code=code) if code else None


def _line(one: EventView) -> OperatorEvent:
    return OperatorEvent(
        at=one.at,
        event=one.event,
        attempt=one.attempt,
        claim=one.claim,
        worker=one.worker,
        message_id=one.message_id,
        code=one.code,
        provider_id=one.provider_id,
    )
