"""Who is alive: one row for each executing process and each relay, renewed by that process itself.

A row says when its process last wrote, by the database's clock. Whether a silent one is dead is for the watcher to
decide (`workers.relay.silence`): during an outage of the database everybody is silent and nobody is dead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection

Role = Literal["executor", "relay"]
Broker = Literal["up", "down", "unasked"]

BEAT_S = 1.0  # how often a process renews its row
SILENT_S = 4.0  # silent for so long, watched by a relay all the while: gone. Leaves room for three missed beats
FORGOTTEN_S = 3_600.0  # rows of processes silent for so long are removed


@dataclass(frozen=True, slots=True)
class Process:
    """A row of the register."""

    id: UUID
    role: Role
    host: str
    pid: int
    queues: list[str]
    kinds: list[str]
    broker: Broker
    hands: int  # messages it carries at once; 0 where it has not said
    started_at: datetime
    seen_at: datetime
    silent_for: float  # seconds, by the database's clock


_BEAT = """
INSERT INTO processes (id, role, host, pid, queues, kinds, broker, hands)
VALUES (%(id)s, %(role)s, %(host)s, %(pid)s, %(queues)s, %(kinds)s, %(broker)s, %(hands)s)
ON CONFLICT (id) DO UPDATE SET seen_at = now(), queues = excluded.queues, broker = excluded.broker, hands = excluded.hands
"""

_ALL = """
SELECT id, role, host, pid, queues, kinds, broker, hands, started_at, seen_at,
       extract(epoch FROM now() - seen_at)::float8 AS silent_for
FROM processes ORDER BY role, host, pid
"""


def beat(
    connection: Connection,
    process_id: UUID,
    *,
    role: Role,
    host: str,
    pid: int,
    queues: Sequence[str],
    kinds: Sequence[str] = (),
    broker: Broker = "unasked",
    hands: int = 0,
) -> None:
    """Say that this process is alive (the first time: that it exists)."""
    connection.execute(
        _BEAT,
        {
            "id": process_id,
            "role": role,
            "host": host,
            "pid": pid,
            "queues": list(queues),
            "kinds": list(kinds),
            "broker": broker,
            "hands": hands,
        },
    )


def leave(connection: Connection, process_id: UUID) -> None:
    """Take a process that ends in good order off the register: what it still held is taken over at once."""
    connection.execute("DELETE FROM processes WHERE id = %s", (process_id,))


def register(connection: Connection) -> list[Process]:
    """Everybody on the register, alive or silent."""
    with connection.cursor(row_factory=class_row(Process)) as cursor:
        return cursor.execute(_ALL).fetchall()


def forget(connection: Connection) -> int:
    """Remove the rows of those silent for an hour; returns how many."""
    return connection.execute(
        "DELETE FROM processes WHERE seen_at < now() - make_interval(secs => %s)",
        (FORGOTTEN_S,),
    ).rowcount
