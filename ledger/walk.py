"""The walk: a table is gone through by position, a bounded slice at a time, round and round, to find what is old in it.

So there is no index on age, which every sign-up and every job would pay for, and a call costs the same however large the table,
and whether or not anything is old. One walks at a time, whichever table; for the others there is nothing to do. What is found
on the way is the caller's business, and this must never touch a row of the table itself.
"""

from dataclasses import dataclass
from typing import Literal

from ledger.connection import Connection

Table = Literal["jobs", "signups", "facts"]

_POSITION: dict[Table, str] = {"jobs": "block", "signups": "signups_block", "facts": "facts_block"}


@dataclass(frozen=True, slots=True)
class Slice:
    """So many `blocks` of the table, from `block` on."""

    table: Table
    block: int
    blocks: int

    @property
    def bounds(self) -> dict[str, str]:
        """For a statement: ctid >= %(first)s::tid AND ctid < %(beyond)s::tid."""
        return {"first": f"({self.block},0)", "beyond": f"({self.block + self.blocks},0)"}


def turn(connection: Connection, table: Table, blocks: int) -> Slice | None:
    """The slice whose turn it is, the caller's until the end of the transaction; None where somebody else is walking.

    It comes again until it is `walked`; after the end of the table it is the first.
    """
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('usher pruning', 0)), "
        f"coalesce((SELECT {_POSITION[table]} FROM pruning), 0), "
        f"pg_relation_size('{table}') / current_setting('block_size')::bigint"
    ).fetchone()
    assert row is not None
    mine, block, end = row
    return Slice(table, block if block < end else 0, blocks) if mine else None


def walked(connection: Connection, done: Slice) -> None:
    """The next turn is the next slice's."""
    position = _POSITION[done.table]
    connection.execute(
        f"INSERT INTO pruning ({position}) VALUES (%s) ON CONFLICT (only_one) DO UPDATE SET {position} = excluded.{position}",
        (done.block + done.blocks,),
    )
