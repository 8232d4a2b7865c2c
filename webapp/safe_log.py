"""An exception as it may stand in a log: its type and where it was raised, without its text.

Separate because the text is where people's data hides: PostgreSQL quotes the row in DETAIL, pydantic quotes the input.
It must never print a message, an argument or a local variable.
"""

import traceback

import psycopg

FRAMES = 6  # the innermost ones; the rest is Flask's


def without_text(error: BaseException | None) -> str:
    """One line: type, SQLSTATE where there is one, and the innermost frames as `file:line function`."""
    if error is None:
        return "nothing was raised"
    sqlstate = f" sqlstate={error.sqlstate}" if isinstance(error, psycopg.Error) and error.sqlstate else ""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__}{sqlstate} at {where or 'an unknown place'}"
