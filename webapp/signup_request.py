"""What somebody sends to sign up: one model for the form and for the API, so that both refuse the same.

It must never store anything or look anything up: who is known already is not to be learned from its answers.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from webapp.field_errors import FieldError, sorted_out
from webapp.rules.email_address import MAX_LENGTH, normal_address
from webapp.rules.language_tag import well_formed
from webapp.rules.person_name import normal_name

MAX_SOLUTION = 4_096  # characters; a solved challenge of ours has some 800


class SignupRequest(BaseModel):
    """`email`: as stored, in lower case; `name`: NFC or None; `locale`: BCP 47 or None. Unknown fields are refused.

    `altcha`: the solution of a challenge, where one is asked for; says nothing about the person.
    """

    # hide_input: an exception that shows what was typed would put it in a log
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Annotated[
        str,
        AfterValidator(normal_address),
        Field(examples=["ada@example.org"], json_schema_extra={"format": "email", "maxLength": MAX_LENGTH}),
    ]
    name: Annotated[str, AfterValidator(normal_name)] | None = None
    locale: Annotated[str, AfterValidator(well_formed)] | None = None
    altcha: Annotated[str, Field(max_length=MAX_SOLUTION)] | None = None


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
