"""`GET /api/v1/ops/errors`: what waits for a person, grouped by why. Each group is the filter of one bulk operation."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, request
from pydantic import BaseModel

from ledger import deadletters
from ledger.states import State
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.filters import Filters, read_query
from webapp.ops.gate import guarded

blueprint = guarded("errors")


class Group(BaseModel):
    """`oldest`, `newest`: when the first and the last of them ended."""

    state: State
    queue: str
    kind: str
    error: str
    count: int
    oldest: datetime
    newest: datetime


class Groups(BaseModel):
    """The largest group first."""

    errors: Sequence[Group]


@blueprint.get("/errors")
def index() -> Response:
    """200; 422 for a word that is in no vocabulary."""
    wanted = read_query(Filters, request.args)
    with at_desk().back_office.session() as connection:
        found = deadletters.groups(connection, wanted.selection())
    body = Groups(errors=[Group.model_validate(one, from_attributes=True) for one in found])
    return answer(body)
