"""`POST /api/v1/ops/jobs/{id}/retries`, `/discards`, `/cancellations`: one decision about one job."""

from http import HTTPStatus
from uuid import UUID

from flask import Response
from pydantic import BaseModel
from werkzeug.exceptions import NotFound

from ledger.audit import decide_as
from ledger.decisions import ALLOWED, Decision, Verb
from ledger.states import State
from webapp import problem
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.gate import guarded, operator
from webapp.ops.no_body import refuse_a_body
from webapp.problem import Problem

blueprint = guarded("decisions")

_TURNED = {Verb.RETRY: State.STAGED, Verb.DISCARD: State.DISCARDED, Verb.CANCEL: State.CANCELLED}
_WORDS = {Verb.RETRY: "retried", Verb.DISCARD: "discarded", Verb.CANCEL: "cancelled"}


class Decided(BaseModel):
    """What has been decided. `effect_may_be_repeated`: nobody knows whether the job had its effect before it was retried."""

    id: UUID
    state: State
    effect_may_be_repeated: bool


class StateForbids(Problem):
    """409: RFC 9457, with the state that stands in the way."""

    state: State


@blueprint.post("/jobs/<uuid:job_id>/retries")
def retry(job_id: UUID) -> Response:
    """202, and the job is due again; 404, or 409 with the state that forbids it."""
    return _decide(Verb.RETRY, job_id)


@blueprint.post("/jobs/<uuid:job_id>/discards")
def discard(job_id: UUID) -> Response:
    """202, and the job is let be; 404, or 409 with the state that forbids it."""
    return _decide(Verb.DISCARD, job_id)


@blueprint.post("/jobs/<uuid:job_id>/cancellations")
def cancel(job_id: UUID) -> Response:
    """202, and the job is not done any more; 404, or 409 with the state that forbids it."""
    return _decide(Verb.CANCEL, job_id)


def _decide(verb: Verb, job_id: UUID) -> Response:
    refuse_a_body()
    with at_desk().back_office.session() as connection:
        decision = decide_as(connection, operator(), verb, job_id)
    if decision is None:
        raise NotFound("There is no such job.")
    if not decision.moved:
        return _conflict(verb, decision.before)
    return _decided(verb, decision)


def _decided(verb: Verb, decision: Decision) -> Response:
    repeats = verb is Verb.RETRY and decision.may_repeat
    body = Decided(id=decision.id, state=_TURNED[verb], effect_may_be_repeated=repeats)
    headers = {"Location": f"/api/v1/jobs/{decision.id}"}
    return answer(body, 202, headers)


def _conflict(verb: Verb, state: State) -> Response:
    allowed = " or ".join(sorted(ALLOWED[verb]))
    body = StateForbids(
        title=HTTPStatus.CONFLICT.phrase,
        status=HTTPStatus.CONFLICT,
        detail=f"This job is {state}; only one that is {allowed} can be {_WORDS[verb]}.",
        state=state,
    )
    return Response(body.model_dump_json(exclude_none=True), HTTPStatus.CONFLICT, mimetype=problem.MIME)
