"""Bulk operations: one decision about many jobs, written down by whoever asks for it. Moves no job: see `ledger.bulk`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ledger import audit
from ledger.connection import Connection
from ledger.decisions import ALLOWED, Verb
from ledger.selection import Selection

FASTEST = 1_000
"""Jobs a second: a batch this large is moved in some tens of milliseconds, and relays publish about as many."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A bulk operation and how far it is."""

    id: UUID
    verb: Verb
    actor: str
    selection: dict[str, Any]  # see `Selection.as_json`
    rate: int  # jobs a second
    counted: int  # how many there were when it was asked for
    moved: int
    asked_at: datetime
    finished_at: datetime | None
    cancelled_at: datetime | None  # finished because somebody called it off

    def __post_init__(self) -> None:
        object.__setattr__(self, "verb", Verb(self.verb))


_COLUMNS = "id, verb, actor, selection, rate, counted, moved, asked_at, finished_at, cancelled_at"

_ASK = f"""
INSERT INTO bulk_operations (id, verb, actor, selection, rate, counted)
VALUES (%(id)s, %(verb)s, %(actor)s, %(selection)s, %(rate)s, %(counted)s)
RETURNING {_COLUMNS}
"""

_STOP = f"""
UPDATE bulk_operations SET finished_at = now(), cancelled_at = now() WHERE id = %s AND finished_at IS NULL
RETURNING {_COLUMNS}
"""


def count(connection: Connection, selection: Selection) -> int:
    """How many jobs an operation that was asked for in this transaction would be about."""
    row = connection.execute(
        f"SELECT count(*) FROM jobs WHERE {selection.condition()} AND coalesce(finished_at, created_at) <= now()",
        selection.parameters(),
    ).fetchone()
    assert row is not None
    return int(row[0])


def ask(connection: Connection, verb: Verb, selection: Selection, *, actor: str, rate: int) -> Operation:
    """Write down that `verb` is to be carried out on the selected jobs, and who said so.

    Raises `ValueError` for a selection whose state does not allow the verb, or a rate out of bounds.
    """
    if selection.state not in ALLOWED[verb]:
        raise ValueError(f"{verb} needs one of the states {sorted(ALLOWED[verb])}")
    if not 1 <= rate <= FASTEST:
        raise ValueError(f"a rate is from 1 to {FASTEST} jobs a second")
    stored = selection.as_json()
    with connection.transaction(), connection.cursor(row_factory=class_row(Operation)) as cursor:
        counted = count(connection, selection)
        values = {"id": uuid4(), "verb": verb.value, "actor": actor, "rate": rate, "counted": counted}
        operation = cursor.execute(_ASK, {**values, "selection": Jsonb(stored)}).fetchone()
        assert operation is not None
        _enter(connection, operation, actor, verb.value, counted)
    return operation


def stop(connection: Connection, operation_id: UUID, *, actor: str) -> Operation | None:
    """Call an operation off; what it has moved stays moved. None where it is finished or does not exist."""
    with connection.transaction(), connection.cursor(row_factory=class_row(Operation)) as cursor:
        stopped = cursor.execute(_STOP, (operation_id,)).fetchone()
        if stopped is not None:
            _enter(connection, stopped, actor, audit.STOP, max(0, stopped.counted - stopped.moved))
    return stopped


def find(connection: Connection, operation_id: UUID) -> Operation | None:
    """One operation, or None."""
    with connection.cursor(row_factory=class_row(Operation)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM bulk_operations WHERE id = %s", (operation_id,)).fetchone()


def newest(connection: Connection, *, limit: int) -> list[Operation]:
    """The operations that were asked for last, newest first."""
    with connection.cursor(row_factory=class_row(Operation)) as cursor:
        query = f"SELECT {_COLUMNS} FROM bulk_operations ORDER BY asked_at DESC, id LIMIT %s"
        return cursor.execute(query, (limit,)).fetchall()


def _enter(connection: Connection, operation: Operation, actor: str, action: str, jobs: int) -> None:
    audit.record(
        connection,
        actor=actor,
        action=action,
        count=jobs,
        bulk_id=operation.id,
        selection=operation.selection,
    )
