"""Carrying out bulk operations: a batch at a time, by whichever warden comes, since whoever asked may be gone.

At a rate, because a provider that has just come back must not be knocked over again by what it failed before. It must
never chase its own tail: a job that was replayed and has died again ended after the operation was asked for, and is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.decisions import Verb, decide
from ledger.operations import FASTEST
from ledger.selection import Selection

SAVED_UP_S = 2.0
"""How much of its rate an operation may save up: wardens come once a second and a little, and after an outage of all of
them there must be no stampede."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The operation that is next, and what it may do now."""

    id: UUID
    verb: str
    selection: dict[str, Any]
    asked_at: datetime
    position: int
    began: datetime
    allowance: int


# Held until the end of the batch. One at a time over all wardens, so that two operations never add up their rates.
_TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('usher bulk', 0))"

# What it may move now: its rate, for the time since it was used up, but not for longer than it may save up.
_OLDEST = f"""
SELECT id, verb, selection, asked_at, position, began,
       floor(least({FASTEST}, rate * extract(epoch FROM now() - began)))::integer AS allowance
FROM bulk_operations, LATERAL (SELECT greatest(paced_until, now() - make_interval(secs => {SAVED_UP_S})) AS began) AS pace
WHERE finished_at IS NULL ORDER BY asked_at, id LIMIT 1 FOR UPDATE OF bulk_operations
"""

# In the order in which they were owed, so that jobs of one person keep theirs. Each has one turn.
_BATCH = """
SELECT id, seq FROM jobs
WHERE {condition} AND seq > %(position)s AND coalesce(finished_at, created_at) <= %(asked_at)s
ORDER BY seq LIMIT %(allowance)s
"""

_ADVANCED = """
UPDATE bulk_operations
SET moved = moved + %(moved)s, position = %(position)s,
    paced_until = %(began)s + make_interval(secs => %(tried)s / rate::float8),
    finished_at = CASE WHEN %(finished)s THEN now() END
WHERE id = %(id)s
"""


def advance(connection: Connection) -> int:
    """Move the next batch of the oldest unfinished operation, as its rate allows; returns how many jobs have moved.

    Any number of wardens may call this at once: one at a time gets through, for the others there is nothing to do.
    """
    with connection.transaction():
        turn = _next_turn(connection)
        if turn is None or turn.allowance < 1:
            return 0
        batch = _batch(connection, turn)
        decided = decide(connection, Verb(turn.verb), [job_id for job_id, _ in batch]) if batch else []
        moved = sum(one.moved for one in decided)
        connection.execute(
            _ADVANCED,
            {
                "id": turn.id,
                "moved": moved,
                "tried": len(batch),
                "began": turn.began,
                "position": batch[-1][1] if batch else turn.position,
                "finished": len(batch) < turn.allowance,
            },
        )
    return moved


def _next_turn(connection: Connection) -> _Turn | None:
    row = connection.execute(_TURN).fetchone()
    if row is None or not row[0]:
        return None
    with connection.cursor(row_factory=class_row(_Turn)) as cursor:
        return cursor.execute(_OLDEST).fetchone()


def _batch(connection: Connection, turn: _Turn) -> Sequence[tuple[UUID, int]]:
    selection = Selection.from_json(turn.selection)
    parameters = {
        **selection.parameters(),
        "position": turn.position,
        "asked_at": turn.asked_at,
        "allowance": turn.allowance,
    }
    rows = connection.execute(_BATCH.format(condition=selection.condition()), parameters)
    return [(row[0], row[1]) for row in rows]
