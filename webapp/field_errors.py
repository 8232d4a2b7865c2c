"""What is wrong with a field, in words for the person who filled it in, with a pointer for the program that sent it.

Separate because pydantic's own words are for programmers. It must never repeat what was typed in a field it does not
know.
"""

from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from jobs.translation import Translation
from webapp.rules.complaint import Complaint

MOST = 20  # a body can hold thousands of unknown fields; nobody reads thousands of complaints

_COMING = {
    "phone": Complaint("Phone numbers cannot be taken yet."),
    "channels": Complaint("Choosing channels is not possible yet."),
    "callback_url": Complaint("Callbacks are not possible yet."),
}
_MISSING = {"email": Complaint("Please enter your email address.")}
_REQUIRED = Complaint("This field is required.")
_NO_TEXT = Complaint("This must be text.")
_NO_SUCH_FIELD = Complaint("There is no such field here.")
_NO_OBJECT = Complaint("The body must be a JSON object with an email.")
_IN_FRAGMENTS = "!$&'()*+,;=:@~"  # beside letters and digits: RFC 3986, 3.5, less what separates steps
_NOT_VALID = Complaint("This is not valid.")


class FieldError(BaseModel):
    """One complaint. `pointer`: a JSON pointer as a URI fragment (RFC 6901, 6), as in RFC 9457's own example."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str  # in English
    _complaint: Complaint | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, pointer: str, complaint: Complaint) -> Self:
        """One that can be said in other languages too."""
        error = cls(pointer=pointer, detail=str(complaint))
        error._complaint = complaint
        return error

    def said_in(self, translation: Translation) -> str:
        """The `detail` in that language."""
        return self._complaint.said_in(translation) if self._complaint else translation.gettext(self.detail)


def sorted_out(error: ValidationError) -> tuple[FieldError, ...]:
    """The complaints in pydantic's `error`, at most MOST of them."""
    found = error.errors(include_url=False, include_input=False)[:MOST]
    return tuple(FieldError.of(_pointer(one["loc"]), _complaint(one)) for one in found)


def _pointer(path: Sequence[int | str]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join("/" + quote(step, safe=_IN_FRAGMENTS, errors="replace") for step in steps)


def _complaint(found: Any) -> Complaint:
    field = str(found["loc"][-1]) if found["loc"] else ""
    match found["type"]:
        case "value_error":
            raised = found["ctx"]["error"]
            return raised if isinstance(raised, Complaint) else Complaint(str(raised))
        case "missing":
            return _MISSING.get(field, _REQUIRED)
        case "string_type":
            return _NO_TEXT
        case "extra_forbidden":
            return _COMING.get(field, _NO_SUCH_FIELD)
        case "model_type":
            return _NO_OBJECT
        case _:
            return _NOT_VALID
