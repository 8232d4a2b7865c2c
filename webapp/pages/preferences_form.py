"""The preferences as data: what stands in each field and what is wrong with it, for the template to lay out.

Separate so that the template decides nothing. It must never change anything: that is `webapp.pages.preferences`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from ledger.people import Person
from webapp.pages.signup_form import LONGEST_ECHO

HERE, LEFT = "here", "left"


@dataclass(frozen=True, slots=True)
class PreferencesForm:
    """`standing`: whether they had left when the page was made. `new_address`: as it was typed."""

    standing: str
    newsletter: bool
    email: bool
    language: str
    new_address: str = ""
    address_error: str | None = None

    @classmethod
    def of(cls, person: Person, language: str) -> Self:
        """As the person stands now. `language`: the one we write to them in."""
        here = person.left_at is None
        return cls(
            standing=HERE if here else LEFT,
            newsletter=here and "newsletter" not in person.unwanted,
            email=here and "email" not in person.unwanted,
            language=language,
        )

    def sent(self, fields: Mapping[str, str]) -> Self:
        """With the choices that were sent; a box that is not ticked is not sent (HTML, 4.10.21.4)."""
        return replace(
            self,
            newsletter="newsletter" in fields,
            email="email" in fields,
            language=fields.get("locale", ""),
        )

    def typed(self, address: str, error: str) -> Self:
        """With an address that was typed, and what is wrong with it."""
        return replace(self, new_address=address[:LONGEST_ECHO], address_error=error)
