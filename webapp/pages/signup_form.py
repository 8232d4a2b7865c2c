"""The form as data: what was typed and what is wrong with it, for the template to lay out.

Separate so that the template decides nothing. It must never hold a rule: those are `webapp.signup_request`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from jobs.translation import Translation, sentence
from webapp.field_errors import FieldError
from webapp.pages.traps import LURE, ONCE

_OURS = frozenset({"csrf_token", ONCE, LURE})  # fields that say nothing about the person
_MAY_BE_EMPTY = frozenset(
    {"altcha", "locale"}
)  # hidden ones, which a form sends whether there is anything in them or not
_UNSOLVED = sentence(
    "This browser has not solved the small puzzle that keeps programs out. Please press the button once more."
)
LONGEST_ECHO = 1_000  # characters; what is longer is no mistake somebody wants to mend


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
        return bool(self.mistakes or self.notices)

    @property
    def mistakes(self) -> tuple[tuple[str, str], ...]:
        """The fields that are to be mended, by name, each with what is wrong with it."""
        return tuple((name, one.error) for name, one in (("email", self.email), ("name", self.name)) if one.error)

    @classmethod
    def typed(
        cls,
        sent: Mapping[str, str],
        errors: Sequence[FieldError] = (),
        *,
        notice: str | None = None,
        translation: Translation,
    ) -> Self:
        """The form with what was sent, and the errors beside the fields they are about."""
        of = {error.pointer.removeprefix("#/"): error.said_in(translation) for error in reversed(errors)}
        if "altcha" in of:  # its own words are for programmers
            of["altcha"] = translation.gettext(_UNSOLVED)
        email = Field(sent.get("email", "")[:LONGEST_ECHO], of.pop("email", None))
        name = Field(sent.get("name", "")[:LONGEST_ECHO], of.pop("name", None))
        return cls(email, name, tuple(dict.fromkeys([*([notice] if notice else []), *of.values()])))

    @staticmethod
    def fields_of(sent: Mapping[str, str]) -> dict[str, str]:
        """The fields that `webapp.signup_request.parse` is to judge: all that were sent but the form's own."""
        return {
            name: value for name, value in sent.items() if name not in _OURS and (value or name not in _MAY_BE_EMPTY)
        }
