"""A request's JSON body, read as listmonk reads it.

Separate from the calls, because every call reads the same fields, and from the memory, because nothing gets there that
was not read here. It must never mend an address beyond what listmonk does: trim it and lower its case.
"""

import json
import re

BLOCKED_DOMAIN = "blocked.example"
ADDRESS_LENGTH = 254  # RFC 5321

_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+")


class BadInputError(Exception):
    """listmonk would answer 400 with this message."""


class Record:
    """The decoded body; a missing field reads as empty, one of another type raises BadInputError."""

    def __init__(self, body: bytes) -> None:
        try:
            given = json.loads(body)
        except ValueError:
            raise BadInputError("Syntax error: the body is not JSON") from None
        if not isinstance(given, dict):
            raise BadInputError("Unmarshal type error: expected=object")
        self._given: dict[str, object] = given

    def text(self, field: str) -> str:
        """A string."""
        value = self._given.get(field) or ""
        if not isinstance(value, str):
            raise BadInputError(f"Unmarshal type error: expected=string, field={field}")
        return value

    def ids(self, field: str) -> list[int]:
        """A list of whole numbers."""
        value = self._given.get(field) or []
        if not isinstance(value, list) or not all(type(n) is int for n in value):
            raise BadInputError(f"Unmarshal type error: expected=[]int, field={field}")
        return value

    def attributes(self) -> dict[str, object] | None:
        """The object `attribs`, or None where it is not given."""
        value = self._given.get("attribs")
        if value is not None and not isinstance(value, dict):
            raise BadInputError("Unmarshal type error: expected=object, field=attribs")
        return value

    def preconfirms(self) -> bool:
        """Whether the memberships need no confirmation."""
        return self._given.get("preconfirm_subscriptions") is True

    def address(self) -> str:
        """The e-mail address, trimmed and in lower case."""
        email = self.text("email").strip().lower()
        if len(email) > ADDRESS_LENGTH or not _ADDRESS.fullmatch(email):
            raise BadInputError("Invalid email.")
        if email.endswith("@" + BLOCKED_DOMAIN):
            raise BadInputError("The e-mail domain is blocklisted.")
        return email

    def name(self) -> str:
        """The name, trimmed; empty where none is given."""
        return self.text("name").strip()


def name_from(email: str) -> str:
    """What listmonk calls somebody who gave no name: the local part, its dots as spaces, in title case."""
    return email.partition("@")[0].replace(".", " ").title()
