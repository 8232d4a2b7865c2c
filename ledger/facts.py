"""Facts: what happened, and why jobs were owed. One whose jobs are gone has nothing left to explain and goes as well.

What it stated is on the rows of those it was about: when somebody signed up, confirmed, left. Separate from jobs because one
fact owes several. It must never remove one that a job still names.
"""

from datetime import timedelta

from ledger import walk
from ledger.connection import Connection

SLICE = 8  # blocks of 8 KiB, some 500 facts. A table of a million is walked in half an hour
BATCH = 500

# No job is owed for a fact later than in the statement that states it.
_FORGET = """
WITH old AS (
    SELECT id FROM facts
    WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid AND happened_at < now() - %(after)s
      AND CASE WHEN signup_id IS NULL
          THEN NOT EXISTS (SELECT FROM jobs WHERE jobs.subscriber_id = facts.subscriber_id AND jobs.signup_id IS NULL AND fact_id = facts.id)
          ELSE NOT EXISTS (SELECT FROM jobs WHERE jobs.signup_id = facts.signup_id AND fact_id = facts.id) END
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM facts USING old WHERE facts.id = old.id
"""


def forget(connection: Connection, *, after: timedelta, most: int = BATCH, blocks: int = SLICE) -> int:
    """Remove up to `most` facts of more than `after` ago whose jobs are gone, from the next `blocks` of the table; returns how many."""
    with connection.transaction():
        here = walk.turn(connection, "facts", blocks)
        if here is None:
            return 0
        forgotten = connection.execute(_FORGET, {**here.bounds, "after": after, "most": most}).rowcount
        if forgotten < most:
            walk.walked(connection, here)
    return forgotten
