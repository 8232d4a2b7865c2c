"""Problem details, the one shape of every error answer to a program (RFC 9457).

Separate so that the API, the pages and the API's description mean the same. It must never carry an exception's text.
"""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response
from pydantic import BaseModel

from webapp.field_errors import FieldError

MIME = "application/problem+json"


class Problem(BaseModel):
    """`type` is `about:blank`: the status says which problem it is, and `detail` says what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: Sequence[FieldError] | None = None


def answer(status: int, detail: str, errors: Sequence[FieldError] = ()) -> Response:
    """The problem as an answer."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or None)
    return Response(problem.model_dump_json(exclude_none=True), status, mimetype=MIME)
