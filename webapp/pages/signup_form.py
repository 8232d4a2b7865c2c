"""The form as data: what was typed and what is wrong with it, for the template to lay out.

Separate so that the template decides nothing. It must never hold a rule: those are `webapp.signup_request`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from webapp.field_errors import FieldError

_TOKEN = "csrf_token"  # noqa: S105  # the name of a field, not a secret
_LONGEST_ECHO = 1_000  # characters; what is longer is no mistake somebody wants to mend


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `typed` as it was sent, `error` for the person who sent it."""

    typed: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SignupForm:
    """Two fields, and what is to be said about the form as a whole."""

    email: Field = field(default_factory=Field)
    name: Field = field(default_factory=Field)
    notices: tuple[str, ...] = ()

    @property
    def in_error(self) -> bool:
        """Whether there is anything to mend."""
        return bool(self.email.error or self.name.error or self.notices)

    @classmethod
    def typed(cls, sent: Mapping[str, str], errors: Sequence[FieldError], notice: str | None = None) -> Self:
        """The form with what was sent, and the errors beside the fields they are about."""
        of = {error.pointer.removeprefix("#/"): error.detail for error in reversed(errors)}
        email = Field(sent.get("email", "")[:_LONGEST_ECHO], of.pop("email", None))
        name = Field(sent.get("name", "")[:_LONGEST_ECHO], of.pop("name", None))
        return cls(email, name, tuple(dict.fromkeys([*([notice] if notice else []), *of.values()])))

    @staticmethod
    def fields_of(sent: Mapping[str, str]) -> dict[str, str]:
        """The fields that `webapp.signup_request.parse` is to judge: all that were sent but the token."""
        return {name: value for name, value in sent.items() if name != _TOKEN}
