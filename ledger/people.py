"""People, as they are found by their id: who they are now, and what they want.

What changes them is in files of its own: `confirmations`, `leaving`, `preferences`, `erasure`. All of these lock the person's row
first, as a sign-up does, so what happens to one person happens in one order.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection


@dataclass(frozen=True, slots=True)
class Person:
    """A person. `unwanted`: the queues whose jobs they do not want. Never logged."""

    id: UUID
    address: str
    name: str | None
    locale: str | None
    unwanted: frozenset[str]
    created_at: datetime
    confirmed_at: datetime | None
    left_at: datetime | None
    erasing_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "unwanted", frozenset(self.unwanted))


_FIND = """
SELECT id, address, name, locale, unwanted, created_at, confirmed_at, left_at, erasing_at FROM subscribers WHERE id = %s
"""


def person(connection: Connection, subscriber_id: UUID) -> Person | None:
    """The person; None where there is none (any more)."""
    return _one(connection, _FIND, subscriber_id)


def held(connection: Connection, subscriber_id: UUID) -> Person | None:
    """The same, and their row is the caller's until the end of the transaction. None also for somebody who is being erased."""
    # No key is changed: whoever finishes one of their jobs notes its effect under that key, and must not wait.
    return _one(connection, f"{_FIND} AND erasing_at IS NULL FOR NO KEY UPDATE", subscriber_id)


def _one(connection: Connection, query: str, subscriber_id: UUID) -> Person | None:
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(query, (subscriber_id,)).fetchone()
