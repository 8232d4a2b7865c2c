"""Problem details, the one shape of every error answer to a program (RFC 9457).

Separate so that the API, the pages and the API's description mean the same. It must never carry an exception's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response
from pydantic import BaseModel

from webapp.field_errors import FieldError

MIME = "application/problem+json"
BLANK = "about:blank"
TYPES_AT = "/api/v1/problems"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A problem that a program must tell from others with the same status. `name` never changes: programs compare it.
    `passes`: by itself, after as many seconds as `Retry-After` says.

    Its URI is an address without a host, so that it is the same at every deployment, and says what it means to whoever opens it.
    """

    name: str
    status: int
    title: str
    explanation: str
    passes: bool = False

    @property
    def uri(self) -> str:
        """The `type` in the answer."""
        return f"{TYPES_AT}/{self.name}"


KEY_IN_FLIGHT = ProblemType(
    "idempotency-key-in-flight",
    409,
    "The first request with this key is not answered yet",
    "Another request with the same Idempotency-Key is being answered at this moment. Send this one again, unchanged, after "
    "as many seconds as Retry-After says: by then there is an answer, and you will get the same.",
    passes=True,
)
KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    422,
    "This key was used for another request",
    "The Idempotency-Key belongs to a request with another content. A key stands for one request for 24 hours: take a new "
    "one, such as a random UUID, for each sign-up, and the same one only to repeat it.",
)
TYPES = {each.name: each for each in (KEY_IN_FLIGHT, KEY_REUSED)}


class Problem(BaseModel):
    """`type` is `about:blank` where the status says which problem it is; `detail` says what to do about it."""

    type: str = BLANK
    title: str
    status: int
    detail: str
    errors: Sequence[FieldError] | None = None


def answer(status: int, detail: str, errors: Sequence[FieldError] = (), kind: ProblemType | None = None) -> Response:
    """The problem as an answer."""
    problem = Problem(
        type=kind.uri if kind else BLANK,
        title=kind.title if kind else HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=errors or None,
    )
    return Response(problem.model_dump_json(exclude_none=True), status, mimetype=MIME)
