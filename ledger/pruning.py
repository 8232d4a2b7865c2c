"""Forgetting: jobs that ended well, or were let be, are removed with their history when they are old enough.

Dead and unknown jobs stay until somebody decides. A question that nobody has answered stays with its sign-up: only it knows how
long its link is good for (`ledger.forgetting`). What has to be remembered for longer (`effects`, the audit) is not touched.
"""

from dataclasses import dataclass
from datetime import timedelta

from ledger import walk
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


# Jobs of one slice with all their events. One that somebody is holding has time until the next round.
_PRUNE = f"""
WITH old AS (
    SELECT id FROM jobs
    WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid
      AND state IN ({sql_list(FINAL - WAITING)}) AND finished_at < now() - %(after)s
      AND NOT EXISTS (SELECT FROM signups WHERE signups.id = jobs.signup_id AND confirmed_at IS NULL AND (asks OR jobs.hidden))
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM job_events USING old WHERE job_events.job_id = old.id
)
DELETE FROM jobs USING old WHERE jobs.id = old.id
"""


def prune(connection: Connection, *, after: timedelta, most: int = BATCH, blocks: int = SLICE) -> Walked:
    """Remove up to `most` jobs that ended more than `after` ago, from the next `blocks` of the table; returns what it came across.

    Call it again and again: it goes on where it was left, and after the end begins anew.
    """
    with connection.transaction():
        here = walk.turn(connection, "jobs", blocks)
        if here is None:
            return Walked(0, 0)
        uncovered = mend_uncovered(connection, block=here.block, blocks=here.blocks)
        pruned = connection.execute(_PRUNE, {**here.bounds, "after": after, "most": most}).rowcount
        if pruned < most:  # a slice that had more than one batch is looked at again
            walk.walked(connection, here)
    return Walked(pruned, len(uncovered))
