"""Reading a request's body as JSON, strictly: what is not JSON by RFC 8259 is refused, however it fails to be.

Separate because a lenient parser is a way in: Python's takes NaN, and gives up on deep nesting with an exception of
its own. It must never read more than the application's limit.
"""

import json
from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

MIME = "application/json"


def read_json(request: Request) -> Any:
    """The parsed body. Raises 415 for another type or an encoded body, 413 past the limit, 400 for what is no JSON."""
    if request.mimetype != MIME or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _WrongTypeError
    try:
        text = request.get_data(cache=False).decode("utf-8")
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None


class _WrongTypeError(UnsupportedMediaType):
    """415 that says what would be right (RFC 9110, 15.5.16)."""

    def __init__(self) -> None:
        super().__init__(f"The body must be {MIME}, and not compressed.")

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        return [*super().get_headers(*args, **kwargs), ("Accept", MIME)]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
