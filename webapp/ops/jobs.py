"""`GET /api/v1/ops/jobs`: jobs by filter, newest first, a page at a time. It must never show payload or person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel

from ledger import listing
from ledger.listing import ListedJob
from ledger.states import State
from webapp.api.job_body import Fault
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.filters import JobsQuery, read_query
from webapp.ops.gate import guarded
from webapp.ops.pages import own_cursor

blueprint = guarded("jobs")


class Row(BaseModel):
    """A job in the list; its history is at `/api/v1/jobs/{id}`."""

    id: UUID
    kind: str
    queue: str
    provider: str
    state: State
    attempt: int
    crashes: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    error: Fault | None
    provider_id: str | None


class Rows(BaseModel):
    """A page. `next`: the `cursor` of the page after it, None on the last."""

    jobs: Sequence[Row]
    next: str | None


@blueprint.get("/jobs")
def index() -> Response:
    """200; 422 for a word that is in no vocabulary, or another query's cursor."""
    wanted = read_query(JobsQuery, request.args)
    with at_desk().back_office.session() as connection, own_cursor():
        page = listing.page(connection, wanted.selection(), cursor=wanted.cursor, limit=wanted.limit)
    body = Rows(jobs=[_row(job) for job in page.jobs], next=page.next)
    return answer(body)


def _row(job: ListedJob) -> Row:
    return Row(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        provider=job.provider,
        state=job.state,
        attempt=job.attempts,
        crashes=job.crashes,
        run_at=job.run_at,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=Fault(code=job.error_code) if job.error_code else None,
        provider_id=job.provider_id,
    )
