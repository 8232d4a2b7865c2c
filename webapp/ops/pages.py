"""Lists that come a page at a time: what is said of a cursor that is not of this list.

Separate because every such list is asked for alike.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.cursor import ForeignCursorError
from webapp.errors import UnprocessableError
from webapp.field_errors import FieldError


@contextmanager
def own_cursor() -> Iterator[None]:
    """Around reading a page. Raises `UnprocessableError` (422, `#/cursor`) for another query's cursor, and for what is none."""
    try:
        yield
    except ForeignCursorError as error:
        raise UnprocessableError(
            (FieldError(pointer="#/cursor", detail=f"This {error}. Begin without one."),)
        ) from None
