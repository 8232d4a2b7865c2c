"""What somebody sends to sign up: one model for the form and for the API, so that both refuse the same.

It must never store anything or look anything up: who is known already is not to be learned from its answers.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from webapp.field_errors import FieldError, sorted_out
from webapp.rules.email_address import normal_address
from webapp.rules.language_tag import well_formed
from webapp.rules.person_name import normal_name


class SignupRequest(BaseModel):
    """`email`: as stored, in lower case; `name`: NFC or None; `locale`: BCP 47 or None. Unknown fields are refused."""

    # hide_input: an exception that shows what was typed would put it in a log
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Annotated[str, AfterValidator(normal_address), Field(examples=["ada@example.org"])]
    name: Annotated[str, AfterValidator(normal_name)] | None = None
    locale: Annotated[str, AfterValidator(well_formed)] | None = None


class InvalidSignupError(Exception):
    """Refused. `errors` has at least one entry, in the order of the fields."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(f"{len(errors)} fields are not valid")
        self.errors = errors


def parse(sent: object) -> SignupRequest:
    """The request in what was `sent` (from JSON, or the fields of a form). Raises `InvalidSignupError`."""
    try:
        return SignupRequest.model_validate(_as_object(sent))
    except ValidationError as error:
        raise InvalidSignupError(sorted_out(error)) from None


def _as_object(sent: object) -> Mapping[str, Any] | object:
    return dict(sent) if isinstance(sent, Mapping) else sent
