"""What is wrong with a field, in words for the person who filled it in, with a pointer for the program that sent it.

Separate because pydantic's own words are for programmers. It must never repeat what was typed in a field it does not
know.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

MOST = 20  # a body can hold thousands of unknown fields; nobody reads thousands of complaints

_COMING = {
    "phone": "Phone numbers cannot be taken yet.",
    "channels": "Choosing channels is not possible yet.",
    "callback_url": "Callbacks are not possible yet.",
}
_MISSING = {"email": "Please enter your email address."}


class FieldError(BaseModel):
    """One complaint. `pointer`: a JSON pointer as a URI fragment (RFC 6901, 6), as in RFC 9457's own example."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str


def sorted_out(error: ValidationError) -> tuple[FieldError, ...]:
    """The complaints in pydantic's `error`, at most MOST of them."""
    found = error.errors(include_url=False, include_input=False)[:MOST]
    return tuple(FieldError(pointer=_pointer(one["loc"]), detail=_detail(one)) for one in found)


def _pointer(path: Sequence[int | str]) -> str:
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _detail(found: Any) -> str:
    field = str(found["loc"][-1]) if found["loc"] else ""
    match found["type"]:
        case "value_error":
            return str(found["ctx"]["error"])
        case "missing":
            return _MISSING.get(field, "This field is required.")
        case "string_type":
            return "This must be text."
        case "extra_forbidden":
            return _COMING.get(field, "There is no such field here.")
        case "model_type":
            return "The body must be a JSON object with an email."
        case _:
            return "This is not valid."
