"""Forgetting: jobs that ended well, or were let be, are removed with their history when they are old enough.

Dead and unknown jobs stay until somebody decides. What has to be remembered for longer (`effects`, the audit) is not touched.

There is no index on when a job ended, because every job would pay for it: instead the table is walked by position, a bounded
slice at a time, round and round. So a call costs the same however large the table, and whether or not anything is old.
"""

from dataclasses import dataclass
from datetime import timedelta

from ledger.connection import Connection
from ledger.states import FINAL, WAITING, sql_list
from ledger.uncovered import mend_uncovered

SLICE = 64  # blocks of 8 KiB, some 1,400 jobs: 3 ms. A table of a million is walked in a quarter of an hour
BATCH = 1_000  # jobs, and some four events each, in one statement


@dataclass(frozen=True, slots=True)
class Walked:
    """What one call came across."""

    pruned: int  # jobs that were removed
    uncovered: int  # jobs in flight that nobody watched: see `ledger.uncovered`


# Where the walk is, and where the table ends. One at a time gets through; for the others there is nothing to do.
_TURN = """
SELECT pg_try_advisory_xact_lock(hashtextextended('usher pruning', 0)), coalesce((SELECT block FROM pruning), 0),
       pg_relation_size('jobs') / current_setting('block_size')::bigint
"""

# Jobs of one slice with all their events. One that somebody is holding has time until the next round.
_PRUNE = f"""
WITH old AS (
    SELECT id FROM jobs
    WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid
      AND state IN ({sql_list(FINAL - WAITING)}) AND finished_at < now() - %(after)s
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM job_events USING old WHERE job_events.job_id = old.id
)
DELETE FROM jobs USING old WHERE jobs.id = old.id
"""

_WALKED = "INSERT INTO pruning (block) VALUES (%s) ON CONFLICT (only_one) DO UPDATE SET block = excluded.block"


def prune(connection: Connection, *, after: timedelta, most: int = BATCH, blocks: int = SLICE) -> Walked:
    """Remove up to `most` jobs that ended more than `after` ago, from the next `blocks` of the table; returns what it came across.

    Call it again and again: it goes on where it was left, and after the end begins anew.
    """
    with connection.transaction():
        turn = connection.execute(_TURN).fetchone()
        assert turn is not None
        mine, block, end = turn
        if not mine:
            return Walked(0, 0)
        if block >= end:
            block = 0
        slice_ = {"first": f"({block},0)", "beyond": f"({block + blocks},0)"}
        uncovered = mend_uncovered(connection, block=block, blocks=blocks)
        pruned = connection.execute(_PRUNE, {**slice_, "after": after, "most": most}).rowcount
        # A slice that had more than one batch is looked at again.
        connection.execute(_WALKED, (block if pruned == most else block + blocks,))
    return Walked(pruned, len(uncovered))
