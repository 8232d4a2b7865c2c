"""Jobs by selection, newest first, a page at a time. Moves nothing.

Pages are found by position and not by offset: jobs owed while somebody is turning pages shift nothing.
"""

from dataclasses import dataclass

from psycopg.rows import class_row

from ledger import cursor as cursors
from ledger.connection import Connection
from ledger.reading import JobView
from ledger.selection import Selection


@dataclass(frozen=True, slots=True)
class ListedJob(JobView):
    """A job in a listing."""

    seq: int  # the order in which jobs were owed
    provider: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, and the cursor that leads on; None after the last."""

    jobs: list[ListedJob]
    next: str | None


_PAGE = """
SELECT id, signup_id, kind, queue, provider, state, attempts, crashes, claim, run_at, seq,
       extract(epoch FROM run_at - now())::float8 AS due_in, error_code, provider_id, created_at, finished_at
FROM jobs WHERE {condition} AND seq < %(position)s
ORDER BY seq DESC LIMIT %(limit)s
"""


def page(connection: Connection, selection: Selection, *, cursor: str | None, limit: int) -> Page:
    """Up to `limit` of the selected jobs after `cursor`. Raises `ledger.cursor.ForeignCursorError`."""
    query = f"jobs {selection.digest()}"
    position = cursors.decode(cursor, query) if cursor else cursors.LAST
    parameters = {**selection.parameters(), "position": position, "limit": limit + 1}
    with connection.cursor(row_factory=class_row(ListedJob)) as reader:
        found = reader.execute(_PAGE.format(condition=selection.condition()), parameters).fetchall()
    jobs = found[:limit]
    return Page(jobs, cursors.encode(jobs[-1].seq, query) if len(found) > limit else None)
