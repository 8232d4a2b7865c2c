"""Requests that say everything by their address: their body is empty, or `{}`.

Separate because every such request needs it. What somebody takes for an option must not be ignored.
"""

from flask import request

from webapp.api.json_body import read_json
from webapp.errors import UnprocessableError
from webapp.field_errors import FieldError


def refuse_a_body() -> None:
    """Raises `UnprocessableError` (422) where the body says anything, and what `read_json` raises where it is no JSON."""
    if request.get_data() and read_json(request) != {}:
        raise UnprocessableError((FieldError(pointer="#", detail="The body must be empty, or {}."),))
