"""Leasing: a relay takes due jobs out of the ledger to publish them, and puts back what never arrived.

A leased job is `queued`: some message names it. Leasing writes no history, because nothing has happened to the job
yet; and it may be undone or done again at any time, because a message delivered twice claims nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row

from ledger.connection import Connection
from ledger.states import DUE, sql_list

RAMP_FIRST = 8  # messages, right after a provider's circuit has closed: see _ROOM


@dataclass(frozen=True, slots=True)
class Leased:
    """A job to be published."""

    id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Lease:
    """What one turn at the queue brought."""

    jobs: list[Leased]
    full: bool  # the window has no room left: more may be due


# Relays that serve one queue take turns, so that they keep one window between them. The lock ends with its
# transaction; the statement after it sees what the relay before has committed.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('usher relay ' || %s, 0))"

# How much room the window has left. Right after a provider's circuit has closed it is open only a little, then doubles each
# second: what waited comes back in steps.
_ROOM = f"""
SELECT least(%(window)s, (SELECT min({RAMP_FIRST} * power(2, least(30, extract(epoch FROM now() - changed_at))))
                          FROM circuits WHERE provider = ANY(%(providers)s) AND state = 'closed' AND openings > 0))::integer
       - (SELECT count(*) FROM jobs WHERE queue = %(queue)s AND state = 'queued')
"""

HEAD = """NOT EXISTS (SELECT FROM jobs AS other
                      WHERE other.order_key = job.order_key AND other.finished_at IS NULL
                        AND (other.seq < job.seq OR other.seq > job.seq AND other.state IN ('queued', 'running')))"""
"""Of each line of jobs that keep their order only the head may go, which is the first that is not finished; and not even
that while one behind it is in flight, as when the head was dead and has come back."""

# Due jobs of kinds the caller's worker knows, oldest due first, at most as many as the window has room for; of each
# line only the head.
_LEASE = f"""
WITH due AS (
    SELECT job.id
    FROM jobs AS job
    WHERE job.queue = %(queue)s AND job.state IN ({sql_list(DUE)}) AND job.run_at <= now() AND job.kind = ANY(%(kinds)s)
      AND job.provider <> ALL(ARRAY(SELECT provider FROM circuits WHERE state <> 'closed'))
      AND {HEAD}
    ORDER BY job.run_at
    LIMIT %(room)s
    FOR UPDATE OF job SKIP LOCKED
)
UPDATE jobs SET state = 'queued', leased_at = now() FROM due WHERE jobs.id = due.id
RETURNING jobs.id, jobs.kind
"""

# What was leased and could not be published is due again at once; and if it was to probe a circuit, another may.
# A row that somebody holds is left for the next look: waiting for it would blind the relay to everything else.
_RETURN = """
WITH returned AS (
    UPDATE jobs SET state = 'staged', leased_at = NULL
    WHERE id IN (SELECT id FROM jobs WHERE id = ANY(%(ids)s) AND state = 'queued' FOR UPDATE SKIP LOCKED)
    RETURNING id
), freed AS (
    UPDATE circuits SET probe_at = now() FROM returned WHERE probe_job = returned.id
)
SELECT id FROM returned
"""

# Queued for longer than a message should take to be picked up: candidates for having been lost on the wire.
_OVERDUE = """
SELECT id FROM jobs
WHERE queue = %(queue)s AND state = 'queued' AND leased_at < now() - make_interval(secs => %(after)s)
ORDER BY leased_at LIMIT %(most)s
"""


def lease(
    connection: Connection,
    queue: str,
    *,
    kinds: Sequence[str],
    window: int,
    providers: Sequence[str] = (),
) -> Lease:
    """Mark due jobs of `queue` queued, so that at most `window` are on the wire, and return them to be published.

    `providers`: those whose circuit narrows the window for a while after it has closed.
    """
    with connection.transaction():
        with connection.pipeline():
            connection.execute(_TURN, (queue,))
            left = connection.execute(_ROOM, {"queue": queue, "window": window, "providers": list(providers)})
        room = _number(left)
        if room <= 0:
            return Lease([], full=True)
        with connection.cursor(row_factory=class_row(Leased)) as cursor:
            jobs = cursor.execute(_LEASE, {"queue": queue, "kinds": list(kinds), "room": room}).fetchall()
    return Lease(jobs, full=len(jobs) >= room)


def give_back(connection: Connection, ids: Collection[UUID]) -> int:
    """Undo the lease of those jobs that nobody has claimed meanwhile; returns how many."""
    return connection.execute(_RETURN, {"ids": list(ids)}).rowcount


def overdue(connection: Connection, queue: str, *, after: float, most: int) -> list[UUID]:
    """Up to `most` jobs of `queue` that have been queued for more than `after` seconds, longest first."""
    return [row[0] for row in connection.execute(_OVERDUE, {"queue": queue, "after": after, "most": most})]


def _number(cursor: Cursor[TupleRow]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
