"""`GET /api/v1/ops/audit`: who decided what, newest first. It can be read here and changed nowhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel, Field

from ledger import audit
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.filters import AuditQuery, read_query
from webapp.ops.gate import guarded
from webapp.ops.pages import own_cursor

blueprint = guarded("audit")


class Line(BaseModel):
    """About one job, or about all jobs that a `filter` let through; `count`: how many that were when it was decided."""

    at: datetime
    actor: str
    action: str
    job_id: UUID | None
    bulk_id: UUID | None
    filter: dict[str, Any] | None = Field(validation_alias="selection")
    count: int


class Lines(BaseModel):
    """A page. `next`: the `cursor` of the page after it, None on the last."""

    entries: Sequence[Line]
    next: str | None


@blueprint.get("/audit")
def index() -> Response:
    """200; `job`: only what was decided about this one. 422 for another query's cursor."""
    wanted = read_query(AuditQuery, request.args)
    job_id = UUID(wanted.job) if wanted.job else None
    with at_desk().back_office.session() as connection, own_cursor():
        page = audit.page(connection, job_id=job_id, cursor=wanted.cursor, limit=wanted.limit)
    body = Lines(entries=[Line.model_validate(one, from_attributes=True) for one in page.entries], next=page.next)
    return answer(body)
