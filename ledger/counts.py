"""How many jobs stand where, without counting them.

Triggers append what each statement has changed, so no statement can forget to; wardens add the changes up, so that
reading stays cheap. A count is exact at every moment: it is the sum and what has not been added to it yet.
"""

from collections.abc import Iterable, Mapping

from ledger.connection import Connection
from ledger.states import State

_READ = """
SELECT queue, state, sum(count)::bigint
FROM (SELECT queue, state, count FROM job_counts UNION ALL SELECT queue, state, change FROM job_count_changes) AS counted
WHERE state = ANY(%s) GROUP BY queue, state HAVING sum(count) > 0
"""

# One at a time; for the others there is nothing to do.
_TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('usher counts', 0))"

# A bounded bite: after a night in which people signed up and no warden lived, millions may have been appended.
MOST = 20_000

_ADD_UP = """
WITH taken AS (
    DELETE FROM job_count_changes WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_count_changes LIMIT %(most)s)) RETURNING queue, state, change
)
INSERT INTO job_counts (queue, state, count) SELECT queue, state, sum(change) FROM taken GROUP BY queue, state
ON CONFLICT (queue, state) DO UPDATE SET count = job_counts.count + excluded.count
"""


def counts(connection: Connection, states: Iterable[State]) -> Mapping[str, Mapping[State, int]]:
    """How many jobs are in each of these states: `{queue: {state: count}}`, without the zeros."""
    found: dict[str, dict[State, int]] = {}
    for queue, state, count in connection.execute(_READ, (sorted(states),)):
        found.setdefault(queue, {})[State(state)] = count
    return found


def add_up(connection: Connection) -> None:
    """Add to the sums what has changed. Any number of wardens may call this at once."""
    with connection.transaction():
        row = connection.execute(_TURN).fetchone()
        if row is not None and row[0]:
            connection.execute(_ADD_UP, {"most": MOST})
