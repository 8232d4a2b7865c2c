"""How faults are answered: a problem document for programs, a page for people, never a stack trace for anybody.

Separate so that no view has to think of it. It must never tell more than the status does: what went wrong inside is
for the log, and even there without anybody's data.
"""

import logging
from http import HTTPStatus
from typing import Any

import psycopg
from flask import Flask, Response, make_response, render_template, request
from flask.globals import request_ctx
from psycopg.errors import ReadOnlySqlTransaction
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp import problem
from webapp.field_errors import FieldError
from webapp.problem import ProblemType
from webapp.safe_log import without_text

OUTAGE = (psycopg.OperationalError, ReadOnlySqlTransaction)
"""The ledger cannot be reached, or is a copy that was not promoted yet. Everything else PostgreSQL says is our fault."""

TRY_AGAIN_S = 2

_DETAILS = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take such requests.",
    413: "This is more than can be taken in: at most 16 KiB.",
    500: "Something went wrong on our side. It has been noted.",
    503: "We cannot reach our records right now. Please try again in a moment.",
}
_log = logging.getLogger(__name__)


class ProblemError(HTTPException):
    """An error with a problem type of its own, and `headers` that its answer carries."""

    problem: ProblemType | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """Those, beside Werkzeug's."""
        return [*super().get_headers(*args, **kwargs), *self.headers]


class UnprocessableError(HTTPException):
    """422 with a complaint for each field that is not valid."""

    code = 422
    description = "Some of what was sent is not valid."

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__()
        self.errors = errors


def register(app: Flask) -> None:
    """Answer for the whole application."""
    app.register_error_handler(HTTPException, _on_http)
    for outage in OUTAGE:
        app.register_error_handler(outage, _on_outage)


def note_outage(error: BaseException) -> None:
    """A line in the log: the operator must be able to see that sign-ups are being turned away."""
    _log.warning("the ledger cannot be reached: %s", without_text(error))


def for_people() -> bool:
    """Whether the client wants a page. Everything under /api is for programs; and so is a Host that no browser sends, since
    a page has links, and of such a host there are none.
    """
    if (request.path + "/").startswith("/api/") or request_ctx.url_adapter is None:
        return False
    offered = ["text/html", problem.MIME, "application/json"]
    return not request.accept_mimetypes or request.accept_mimetypes.best_match(offered) == "text/html"


def _on_http(error: HTTPException) -> Response:
    status = error.code or 500
    own_words = error.description if _has_own_words(error) else None
    detail = own_words or _DETAILS.get(status) or error.description or _DETAILS[500]
    errors = error.errors if isinstance(error, UnprocessableError) else ()
    kind = error.problem if isinstance(error, ProblemError) else None
    answer = _page(status, detail) if for_people() else problem.answer(status, detail, errors, kind)
    return _with_headers_of(error, answer)


def _has_own_words(error: HTTPException) -> bool:
    """Werkzeug's descriptions are for nobody in particular; ours come with the error, or with a class of our own."""
    return isinstance(error, ProblemError) or error.description != type(error).description


def _on_outage(error: Exception) -> Response:
    note_outage(error)
    answer = _page(503, _DETAILS[503]) if for_people() else problem.answer(503, _DETAILS[503])
    answer.headers["Retry-After"] = str(TRY_AGAIN_S)
    return answer


def _page(status: int, detail: str) -> Response:
    # A status page that is reloaded into an outage must find its own way out of it again.
    refresh = TRY_AGAIN_S if status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET" else None
    return make_response(render_template("error.html", status=status, detail=detail, refresh=refresh), status)


def _with_headers_of(error: HTTPException, answer: Response) -> Response:
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer
