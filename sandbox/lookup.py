"""The one SQL expression that Usher sends to listmonk, understood without SQL.

Separate, because quoting is where a look-up goes wrong: the sandbox takes exactly the documented form, so that an
adapter that forgets to double a quote is caught here and not by somebody's real database.
"""

import re

_LOOKUP = re.compile(r"\s*subscribers\.email\s*=\s*'((?:[^']|'')*)'\s*")


def address_in(query: str) -> str | None:
    """The address that `subscribers.email='...'` asks for, its doubled quotes undone; None for any other form."""
    found = _LOOKUP.fullmatch(query)
    return found[1].replace("''", "'") if found else None
