"""Where a page ended, as one opaque word that fits only the query it came from.

Separate so that every listing turns its pages alike. It is bound to its query and not signed: all that a forged one could do is
begin a page somewhere else in what its reader may read anyway.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

_SHAPE = re.compile(r"([0-9]{1,19}):([^:]+)")


class ForeignCursorError(ValueError):
    """Not a cursor of this query."""


def encode(position: int, query: str) -> str:
    """The cursor after row `position` of `query`, which is any text that tells it from other queries."""
    return urlsafe_b64encode(f"{position}:{query}".encode()).decode().rstrip("=")


def decode(cursor: str, query: str) -> int:
    """The position. Raises `ForeignCursorError` where the cursor is none, or another query's."""
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (Error, UnicodeError):
        raise ForeignCursorError("is not a cursor") from None
    found = _SHAPE.fullmatch(text)
    if found is None or int(found[1]) > LAST:
        raise ForeignCursorError("is not a cursor")
    if found[2] != query:
        raise ForeignCursorError("belongs to another query")
    return int(found[1])


LAST = 2**63 - 1
"""Before the first page."""
