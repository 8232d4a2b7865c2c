"""Who decided what, about which jobs, when, and about how many. Append-only; written in the transaction of the decision.

Separate from the jobs' history, because one entry may speak of ten thousand jobs, and because it outlives them. It must never
hold anything about the person a job is for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ledger import cursor as cursors
from ledger.connection import Connection
from ledger.decisions import Decision, Verb, decide

STOP = "stop"
"""The action of calling a bulk operation off; its count is how many jobs were left."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit: about one job, or about all jobs of a selection."""

    id: int
    at: datetime
    actor: str
    action: str  # a verb of `ledger.decisions`, or STOP
    job_id: UUID | None
    bulk_id: UUID | None
    selection: dict[str, Any] | None
    count: int  # jobs it was about; of a bulk operation, how many there were when it was asked for


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first, and the cursor that leads on; None after the last."""

    entries: list[Entry]
    next: str | None


_RECORD = """
INSERT INTO audit (actor, action, job_id, bulk_id, selection, count)
VALUES (%(actor)s, %(action)s, %(job_id)s, %(bulk_id)s, %(selection)s, %(count)s)
"""

_PAGE = """
SELECT id, at, actor, action, job_id, bulk_id, selection, count FROM audit
WHERE id < %(position)s AND (%(job_id)s::uuid IS NULL OR job_id = %(job_id)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def decide_as(connection: Connection, actor: str, verb: Verb, job_id: UUID) -> Decision | None:
    """Carry out `verb` on one job and enter it where it has moved; None where there is no such job."""
    with connection.transaction():
        decided = decide(connection, verb, [job_id])
        if decided and decided[0].moved:
            record(connection, actor=actor, action=verb, job_id=job_id, count=1)
    return decided[0] if decided else None


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    count: int,
    job_id: UUID | None = None,
    bulk_id: UUID | None = None,
    selection: dict[str, Any] | None = None,
) -> None:
    """Enter one decision: about `job_id`, or about a `selection` of jobs under `bulk_id`."""
    connection.execute(
        _RECORD,
        {
            "actor": actor,
            "action": action,
            "count": count,
            "job_id": job_id,
            "bulk_id": bulk_id,
            "selection": None if selection is None else Jsonb(selection),
        },
    )


def page(connection: Connection, *, job_id: UUID | None = None, cursor: str | None = None, limit: int) -> Page:
    """Up to `limit` entries after `cursor`, of one job where given. Raises `ledger.cursor.ForeignCursorError`."""
    query = f"audit {job_id}"
    position = cursors.decode(cursor, query) if cursor else cursors.LAST
    with connection.cursor(row_factory=class_row(Entry)) as reader:
        found = reader.execute(_PAGE, {"position": position, "job_id": job_id, "limit": limit + 1}).fetchall()
    entries = found[:limit]
    return Page(entries, cursors.encode(entries[-1].id, query) if len(found) > limit else None)
