"""`POST /api/v1/ops/bulk-retries`, `/bulk-discards`, `/bulk-cancellations`: one decision about many jobs.

It is written down here and carried out by the workers' wardens at its rate; `/bulk-operations` says how far it is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel
from werkzeug.exceptions import Conflict, NotFound

from ledger import operations
from ledger.decisions import Verb
from ledger.operations import Operation
from ledger.states import State
from webapp.api.json_body import read_json
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.filters import RATES, Bulk, read
from webapp.ops.gate import PREFIX, guarded, operator
from webapp.ops.no_body import refuse_a_body

blueprint = guarded("bulk")

SHOWN = 50  # operations in the list


class Counted(BaseModel):
    """A dry run: how many jobs it would be about. Nothing has been written."""

    dry_run: Literal[True] = True
    count: int
    effect_may_be_repeated: bool


class Progress(BaseModel):
    """A bulk operation. `count`: jobs when it was asked for; `moved`: so far; those between were decided on otherwise."""

    id: UUID
    verb: Verb
    actor: str
    filter: dict[str, Any]
    rate: int
    count: int
    moved: int
    asked_at: datetime
    finished_at: datetime | None
    cancelled_at: datetime | None
    effect_may_be_repeated: bool


class Operations(BaseModel):
    """The last ones, newest first."""

    operations: Sequence[Progress]


@blueprint.post("/bulk-retries")
def retry() -> Response:
    """202 and the count; 200 for a dry run; 422 where it does not say which jobs it means."""
    return _ask(Verb.RETRY)


@blueprint.post("/bulk-discards")
def discard() -> Response:
    """202 and the count; 200 for a dry run; 422 where it does not say which jobs it means."""
    return _ask(Verb.DISCARD)


@blueprint.post("/bulk-cancellations")
def cancel() -> Response:
    """202 and the count; 200 for a dry run; 422 where it does not say which jobs it means."""
    return _ask(Verb.CANCEL)


@blueprint.get("/bulk-operations")
def index() -> Response:
    """200 with the last operations."""
    with at_desk().back_office.session() as connection:
        found = operations.newest(connection, limit=SHOWN)
    return answer(Operations(operations=[_progress(one) for one in found]))


@blueprint.get("/bulk-operations/<uuid:operation_id>")
def show(operation_id: UUID) -> Response:
    """200 with how far it is, or 404."""
    with at_desk().back_office.session() as connection:
        return answer(_progress(_find(operations.find(connection, operation_id))))


@blueprint.post("/bulk-operations/<uuid:operation_id>/cancellations")
def stop(operation_id: UUID) -> Response:
    """202, and no further job is moved; 404, or 409 where it is finished."""
    refuse_a_body()
    with at_desk().back_office.session() as connection:
        stopped = operations.stop(connection, operation_id, actor=operator())
        if stopped is None:
            _find(operations.find(connection, operation_id))
            raise Conflict("This operation is finished.")
    return answer(_progress(stopped), 202)


def _ask(verb: Verb) -> Response:
    wanted = read(Bulk, read_json(request), verb=verb)
    with at_desk().back_office.session() as connection:
        if wanted.dry_run:
            count = operations.count(connection, wanted.selection())
            return answer(Counted(count=count, effect_may_be_repeated=_repeats(verb, wanted.state)))
        rate = wanted.rate or RATES[verb]
        asked = operations.ask(connection, verb, wanted.selection(), actor=operator(), rate=rate)
    return answer(_progress(asked), 202, {"Location": f"{PREFIX}/bulk-operations/{asked.id}"})


def _find(operation: Operation | None) -> Operation:
    if operation is None:
        raise NotFound("There is no such operation.")
    return operation


def _progress(one: Operation) -> Progress:
    return Progress(
        id=one.id,
        verb=one.verb,
        actor=one.actor,
        filter=one.selection,
        rate=one.rate,
        count=one.counted,
        moved=one.moved,
        asked_at=one.asked_at,
        finished_at=one.finished_at,
        cancelled_at=one.cancelled_at,
        effect_may_be_repeated=_repeats(one.verb, one.selection.get("state")),
    )


def _repeats(verb: Verb, state: str | None) -> bool:
    return verb is Verb.RETRY and state == State.UNKNOWN
