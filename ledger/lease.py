"""Leasing: a relay takes due jobs out of the ledger to publish them, as many as the wire and the hands have room for.

A leased job is `queued`: some message names it. Leasing writes no history, because nothing has happened to the job
yet; and it may be undone or done again at any time, because a message delivered twice claims nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import shuffle

from psycopg.rows import class_row

from ledger import messages
from ledger.coalescing import Leased, Terms, coalesce, within
from ledger.connection import Connection
from ledger.messages import Message
from ledger.states import DUE, sql_list

RAMP_FIRST = 8  # jobs, right after a provider's circuit has closed: see _ROOM
RESERVE = 4  # a worker of several queues keeps one hand in so many for the others


@dataclass(frozen=True, slots=True)
class Lease:
    """What one turn at the queue brought."""

    messages: list[Message]
    full: bool  # there is no room left: more may be due


@dataclass(frozen=True, slots=True)
class _Room:
    """How things stand on a queue's wire."""

    window: int  # jobs that may be on the wire now
    waiting: int  # jobs that are
    in_flight: int  # messages: on the wire, or in hands
    hands: int | None  # messages there may be; None where no executor has said how many hands it has
    busy: list[int]  # of each limited provider: messages on the wire and in hands, over all queues

    @property
    def slots(self) -> int | None:
        return None if self.hands is None else self.hands - self.in_flight


# Relays that serve one queue take turns, so that they keep one window between them, and one limit for each provider.
# The locks end with their transaction; the statement after them sees what the relay before has committed. Should a crash of
# PostgreSQL forget a lease, nothing is lost but a message that then claims nothing: so its commit waits for no disk.
_TURN = """
SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtextextended('usher relay ' || %s, 0))
"""
_LIMITED = "SELECT pg_advisory_xact_lock(hashtextextended('usher provider ' || %s, 0))"

# Right after a provider's circuit has closed the window is open only a little, then doubles each second: what waited comes
# back in steps. A worker of several queues gives none of them all its hands, so that a flood in one, or a
# provider that hangs, never holds up another; one of a single queue, or with few hands, is kept a message ahead for each.
_ROOM = f"""
SELECT least(%(window)s, (SELECT min({RAMP_FIRST} * power(2, least(30, extract(epoch FROM now() - changed_at))))
                          FROM circuits WHERE provider = ANY(%(providers)s) AND state = 'closed' AND openings > 0))::integer
           AS window,
       (SELECT coalesce(sum(cardinality(jobs)), 0) FROM messages WHERE queue = %(queue)s)::integer AS waiting,
       (SELECT count(*) FROM messages WHERE queue = %(queue)s)
           + (SELECT count(*) FROM batches WHERE queue = %(queue)s) AS in_flight,
       (SELECT sum(CASE WHEN cardinality(queues) > 1 AND hands >= {RESERVE} THEN hands - hands / {RESERVE} ELSE 2 * hands END)
        FROM processes WHERE role = 'executor' AND %(queue)s = ANY(queues) AND hands > 0
                         AND seen_at > now() - interval '10 seconds')::integer AS hands,
       ARRAY(SELECT (SELECT count(*) FROM messages WHERE provider = one.name)
                    + (SELECT count(*) FROM batches WHERE provider = one.name)
             FROM unnest(%(limited)s::text[]) WITH ORDINALITY AS one(name, nth) ORDER BY nth) AS busy
"""

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
) -> Lease:
    """Mark due jobs of `queue` queued, so that at most `window` are on the wire, and return the messages to be published.

    `terms`: the kinds the caller's worker knows. `connections`: of providers with a limit, how many messages may be on
    the wire or in hands at once, over all workers and queues.
    """
    limits = dict(sorted((connections or {}).items()))
    with connection.transaction():
        room = _room(connection, queue, terms, window, limits)
        free = {name: most - busy for (name, most), busy in zip(limits.items(), room.busy, strict=True)}
        space = room.window - room.waiting
        # No more than there are hands for, or the messages beyond would take those that are kept for the other queues.
        slots = space if room.slots is None else room.slots
        mosts = [min(space, max(0, min(slots, free.get(one.provider, slots))) * one.batch) for one in terms]
        # Room for less than a whole batch, and some on the wire still: what comes next is better leased together.
        whole = min(room.window, max((one.batch for one in terms), default=1))
        if space < whole or not any(mosts) or (room.slots is not None and room.slots <= 0):
            return Lease([], full=True)
        most = min(space, sum(mosts))
        parameters = {
            "queue": queue,
            "kinds": [one.kind for one in terms],
            "providers": [one.provider for one in terms],
            "mosts": mosts,
            "room": most,
        }
        with connection.cursor(row_factory=class_row(Leased)) as cursor:
            jobs = cursor.execute(_LEASE, parameters).fetchall()
        full = len(jobs) >= most
        found = list(coalesce(jobs, {one.kind: one for one in terms}, slots=room.slots, backlog=full, free=free))
        if limits:
            shuffle(found)  # or the last connection that is free would always be the same kind's, and the others starve
        taken, surplus = within(found, free)
        with connection.pipeline():
            if surplus:
                connection.execute(_NOT_AFTER_ALL, ([job for message in surplus for job in message.jobs],))
            if taken:
                messages.record(connection, queue, taken)
    return Lease(taken, full=full or bool(surplus))


def _room(connection: Connection, queue: str, terms: Sequence[Terms], window: int, limits: Mapping[str, int]) -> _Room:
    """Wait for the turn, then look."""
    parameters = {
        "queue": queue,
        "window": window,
        "providers": sorted({one.provider for one in terms}),
        "limited": list(limits),
    }
    with connection.cursor(row_factory=class_row(_Room)) as cursor:
        with connection.pipeline():
            connection.execute(_TURN, (queue,))
            for provider in limits:
                connection.execute(_LIMITED, (provider,))
            cursor.execute(_ROOM, parameters)
        room = cursor.fetchone()
    assert room is not None
    return room
