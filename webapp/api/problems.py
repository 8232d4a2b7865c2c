"""`/api/v1/problems/{name}`: what a problem's `type` means, for whoever opens it."""

from flask import Blueprint, Response
from pydantic import BaseModel
from werkzeug.exceptions import NotFound

from webapp.api.json_answer import JsonAnswer
from webapp.problem import TYPES, TYPES_AT

blueprint = Blueprint("api_problems", __name__, url_prefix=TYPES_AT)


class ProblemTypeBody(BaseModel):
    """A problem type: the status it comes with, and what to do about it."""

    type: str
    status: int
    title: str
    explanation: str


@blueprint.get("/<name>")
def show(name: str) -> Response:
    """200 with what the type means, 404 where there is none of this name."""
    found = TYPES.get(name)
    if found is None:
        raise NotFound("There is no such type of problem.")
    body = ProblemTypeBody(type=found.uri, status=found.status, title=found.title, explanation=found.explanation)
    return JsonAnswer(body.model_dump_json(), 200, {})
