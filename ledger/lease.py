"""Leasing: a relay takes due jobs out of the ledger to publish them, as many as the wire and the hands have room for.

A leased job is `queued`: some message names it. Leasing writes no history, because nothing has happened to the job
yet; and it may be undone or done again at any time, because a message delivered twice claims nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import shuffle

from psycopg.rows import class_row

from ledger import messages
from ledger.coalescing import Leased, Terms, coalesce, within
from ledger.connection import Connection
from ledger.messages import Message
from ledger.room import look
from ledger.states import DUE, sql_list


@dataclass(frozen=True, slots=True)
class Lease:
    """What one turn at the queue brought."""

    messages: list[Message]
    full: bool  # there is no room left: more may be due
    troubled: bool = False  # some provider's circuit is not closed: a job may be due to probe it


HEAD = """NOT EXISTS (SELECT FROM jobs AS other
                      WHERE other.order_key = job.order_key AND coalesce(other.finished_at, 'infinity') = 'infinity'
                        AND (other.seq < job.seq OR other.seq > job.seq AND other.state IN ('queued', 'running'))
                      OFFSET 0)"""
"""Of each line of jobs that keep their order only the head may go, which is the first that is not finished; and not even
that while one behind it is in flight, as when the head was dead and has come back. The OFFSET keeps the planner from
joining all jobs with all others: it is one look at an index for each row that is about to be leased."""

# Each kind has two lanes, one for what is fresh and one for what is tried again, and all lanes take turns: a flood in one never
# starves another, nor retries what is fresh. Within a lane oldest due first. A kind whose provider's circuit is not closed has none.
_LEASE = f"""
WITH lane AS (
    SELECT known.kind, known.provider, known.most, tried
    FROM unnest(%(kinds)s::text[], %(providers)s::text[], %(mosts)s::integer[]) AS known(kind, provider, most),
         unnest(ARRAY[false, true]) AS tried
    WHERE known.provider NOT IN (SELECT provider FROM circuits WHERE state <> 'closed')
), due AS (
    SELECT pick.id, lane.provider, pick.run_at, row_number() OVER (PARTITION BY lane.kind, lane.tried ORDER BY pick.run_at) AS turn
    FROM lane, LATERAL (
        SELECT job.id, job.run_at FROM jobs AS job
        WHERE job.queue = %(queue)s AND job.kind = lane.kind AND job.tried = lane.tried AND job.finished_at IS NULL
          AND job.state IN ({sql_list(DUE)}) AND job.run_at <= now()
          AND {HEAD}
        ORDER BY job.run_at LIMIT lane.most
    ) AS pick
), chosen AS (
    SELECT id, provider FROM due ORDER BY turn, run_at LIMIT %(room)s
), free AS (
    SELECT job.id, chosen.provider FROM jobs AS job JOIN chosen USING (id) WHERE job.state IN ({sql_list(DUE)}) FOR UPDATE OF job SKIP LOCKED
)
UPDATE jobs SET state = 'queued', provider = free.provider FROM free WHERE jobs.id = free.id
RETURNING jobs.id, jobs.kind, jobs.provider, jobs.crashes
"""

_NOT_AFTER_ALL = "UPDATE jobs SET state = 'staged' WHERE id = ANY(%s)"


def lease(
    connection: Connection,
    queue: str,
    *,
    terms: Sequence[Terms],
    window: int,
    connections: Mapping[str, int] | None = None,
    ahead: int | None = None,
) -> Lease:
    """Mark due jobs of `queue` queued, so that at most `window` are on the wire, and return the messages to be published.

    `terms`: the kinds the caller's worker knows. `connections`: of providers with a limit, how many messages may be on
    the wire or in hands at once, over all workers and queues. `ahead`: the most messages of the queue that nobody has claimed,
    more where there are many hands; None where the window alone bounds them.
    """
    limits = dict(sorted((connections or {}).items()))
    with connection.transaction():
        room = look(connection, queue, terms=terms, window=window, limits=limits)
        free, slots = room.free(limits), room.slots(ahead)
        mosts = {
            one.kind: min(room.space, max(0, min(slots, free.get(one.provider, slots))) * one.batch) for one in terms
        }
        # Room for less than a whole batch, and some on the wire still: what comes next is better leased together.
        whole = min(room.window, max((one.batch for one in terms), default=1))
        if room.space < whole or not any(mosts.values()):
            return Lease([], full=True, troubled=room.troubled)
        jobs = _take(connection, queue, terms, mosts, room.space)
        taken_of = Counter(job.kind for job in jobs)
        backlog = {kind for kind, most in mosts.items() if taken_of[kind] >= most or len(jobs) >= room.space}
        known = {one.kind: one for one in terms}
        found = list(
            coalesce(
                jobs,
                known,
                hands=room.hands,
                backlog=backlog,
                waiting=room.due,
                behind=slots if room.unclaimed else None,
                limits=limits,
            )
        )
        taken, surplus = within(found, free, slots=slots)
        if surplus:
            shuffle(found)  # or the last hand that is free would always be the same kind's, and the others would starve
            taken, surplus = within(found, free, slots=slots)
        with connection.pipeline():
            if surplus:
                connection.execute(_NOT_AFTER_ALL, ([job for message in surplus for job in message.jobs],))
            if taken:
                messages.record(connection, queue, taken)
    # A kind that nothing may be leased of, because its provider's calls are all in use, waits for a call to end: no bell tells.
    full = bool(surplus) or 0 in mosts.values() or any(taken_of[kind] for kind in backlog)
    return Lease(taken, full=full, troubled=room.troubled)


def _take(
    connection: Connection, queue: str, terms: Sequence[Terms], mosts: Mapping[str, int], space: int
) -> list[Leased]:
    """Lease due jobs: of each kind so many at most, and so many in all."""
    parameters = {
        "queue": queue,
        "kinds": [one.kind for one in terms],
        "providers": [one.provider for one in terms],
        "mosts": [mosts[one.kind] for one in terms],
        "room": space,
    }
    with connection.cursor(row_factory=class_row(Leased)) as cursor:
        return cursor.execute(_LEASE, parameters).fetchall()
