"""Claiming: an executor turns a message into a batch, which is work it alone may finish.

A compare-and-set from queued to running under a new claim number. Any message for a queued job may claim it; a message
delivered twice finds nothing queued and so does nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in the hands of one executor, with the person it is for as they are now, not as they were when it was owed."""

    id: UUID
    kind: str
    claim: int
    attempts: int
    crashes: int
    payload: dict[str, Any]
    max_retries: int | None
    budget_left: float  # seconds until it is given up
    time_limit: float  # seconds from now to its answer
    resend: bool
    intended_before: bool  # an earlier claim went past its point of no return and never answered
    done_before: bool  # its effect must take place once, and another job has had it (or may have)
    probing: bool  # it is the one that may try while its provider's circuit is open
    awaited: bool  # its provider's circuit waits for news: a success must be reported too
    signup_id: UUID | None
    muted: bool  # it is to have no effect: a brake was on when it was owed
    subscriber_id: UUID | None
    gone: bool  # the person has left altogether
    unwanted: bool  # or does not want the jobs of this queue
    address: str | None  # None: there is nobody (any more), or they are being forgotten
    name: str | None
    locale: str | None


# Whoever counts a provider's calls takes turns with all others who do, until the end of the transaction.
PROVIDER_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('usher provider ' || %s, 0))"

_AS_CLAIMED = """
SELECT job.id, job.kind, job.claim, job.attempts, job.crashes, job.payload, job.max_retries, job.time_limit, job.resend,
       extract(epoch FROM job.give_up_at - now())::float8 AS budget_left,
       job.intent > job.settled AS intended_before,
       effect.once_key IS NOT NULL AS done_before,
       job.probing, coalesce(job.awaited, false) AS awaited,
       job.signup_id, job.muted, job.subscriber_id, person.left_at IS NOT NULL AS gone,
       coalesce(job.queue = ANY(person.unwanted), false) AS unwanted, CASE WHEN person.erasing_at IS NULL THEN person.address END AS address, person.name, person.locale
FROM claimed AS job
LEFT JOIN subscribers AS person ON person.id = job.subscriber_id
LEFT JOIN effects AS effect ON effect.once_key = job.once_key AND effect.job_id <> job.id
"""

# A job whose provider's circuit is not closed goes back to wait, unless it is the one that may probe: the window that was
# published before the circuit opened must not run into a provider that is known to be down. And so does one whose provider has as
# many calls at once as it allows: the lease sees to that, but a message may be late, or a worker new. A probe is leased without
# asking, and finds no call free while the batch of an executor that was lost as it opened the circuit stands: another may probe,
# soon and not at once, or they would take turns at going back.
_CLAIM = f"""
WITH arrived AS (
    DELETE FROM messages WHERE id = %(message_id)s
), mine AS (
    SELECT job.id, circuit.failures,
           coalesce(circuit.state, 'closed') <> 'closed' AND circuit.probe_job IS DISTINCT FROM job.id
               OR coalesce((SELECT count(*) FROM batches WHERE provider = %(limited)s) >= %(connections)s::integer, false) AS held,
           coalesce(circuit.state, 'closed') <> 'closed' AS probing
    FROM jobs AS job LEFT JOIN circuits AS circuit ON circuit.provider = job.provider
    WHERE job.id = ANY(%(ids)s) AND job.state = 'queued' AND job.kind = %(kind)s
    ORDER BY job.id FOR UPDATE OF job
), held AS (
    UPDATE jobs SET state = 'staged' FROM mine WHERE jobs.id = mine.id AND mine.held
), freed AS (
    UPDATE circuits SET probe_at = now() + interval '1 second' FROM mine WHERE mine.held AND probe_job = mine.id
), claimed AS (
    UPDATE jobs SET state = 'running', claim = claim + 1, claimer = %(executor)s
    FROM mine WHERE jobs.id = mine.id AND NOT mine.held
    RETURNING jobs.*, mine.probing, mine.probing OR mine.failures > 0 AS awaited
), batch AS (
    INSERT INTO batches (id, executor, queue, provider, jobs, time_limit, deadline)
    SELECT %(batch)s, %(executor)s, min(queue), min(provider), array_agg(id), max(time_limit),
           now() + make_interval(secs => max(time_limit))
    FROM claimed HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET jobs = batches.jobs || excluded.jobs -- claimed twice: the first answer was lost
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, worker, message_id)
    SELECT id, 'claimed', claim, attempts, %(executor)s, %(message_id)s FROM claimed
)
{_AS_CLAIMED}"""

# What a claim returned, for another process that works on it under the same claim.
_AGAIN = (
    """
WITH claimed AS (
    SELECT job.*, coalesce(circuit.probe_job = job.id, false) AS probing,
           coalesce(circuit.state <> 'closed' OR circuit.failures > 0, false) AS awaited
    FROM jobs AS job LEFT JOIN circuits AS circuit ON circuit.provider = job.provider
    JOIN unnest(%(ids)s::uuid[], %(claims)s::integer[]) AS named(id, claim) ON named.id = job.id AND named.claim = job.claim
    WHERE job.state = 'running'
)
"""
    + _AS_CLAIMED
)

# What a batch holds, for the executor whose claim went through and whose answer was lost on the way; it has its time limit anew. A
# job that was given up meanwhile and came back to this executor is in two of its batches: only the later one speaks for it.
_IN_BATCH = """
WITH batch AS (
    UPDATE batches SET deadline = now() + make_interval(secs => time_limit) WHERE id = %(batch)s
    RETURNING jobs, executor, claimed_at
)
SELECT job.id, job.claim
FROM batch CROSS JOIN unnest(batch.jobs) AS named(id) JOIN jobs AS job ON job.id = named.id
WHERE job.state = 'running' AND job.claimer = batch.executor
  AND NOT EXISTS (SELECT FROM batches AS later WHERE later.executor = batch.executor
                  AND later.claimed_at > batch.claimed_at AND job.id = ANY(later.jobs))
"""

# The point of no return: from here on a lost answer leaves doubt. Refused to a claim that is not the current one.
_INTEND = """
UPDATE jobs SET intent = jobs.claim
FROM unnest(%(ids)s::uuid[], %(claims)s::integer[]) AS named(id, claim)
WHERE jobs.id = named.id AND jobs.claim = named.claim AND jobs.state = 'running'
RETURNING jobs.id, jobs.claim
"""


def claim(
    connection: Connection,
    ids: Collection[UUID],
    *,
    kind: str,
    executor: UUID,
    message_id: UUID,
    batch: UUID,
    limit: tuple[str, int] | None = None,
) -> list[Claimed]:
    """Claim those of the jobs that are still queued, for `executor`; the rest belongs to somebody else or to nobody.

    `batch` names what was claimed, for `ledger.finish`; where nothing was, there is no such batch. `limit`: the provider
    they are for, and the most batches of it there may be at once, over all executors.
    """
    parameters = {
        "ids": list(ids),
        "kind": kind,
        "executor": executor,
        "message_id": message_id,
        "batch": batch,
        "limited": limit and limit[0],
        "connections": limit and limit[1],
    }
    with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        if limit is None:
            return cursor.execute(_CLAIM, parameters).fetchall()
        with connection.transaction(), connection.pipeline():
            connection.execute(PROVIDER_TURN, (limit[0],))
            cursor.execute(_CLAIM, parameters)
        return cursor.fetchall()


def claimed_already(connection: Connection, claims: Mapping[UUID, int]) -> list[Claimed]:
    """Those of the jobs that are claimed under these numbers still, as `claim` returned them."""
    with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        return cursor.execute(_AGAIN, {"ids": list(claims), "claims": list(claims.values())}).fetchall()


def claimed_in(connection: Connection, batch: UUID) -> list[Claimed]:
    """The jobs that `claim` took under this batch and nobody has given up since, as it returned them. They have their time limit anew."""
    return claimed_already(connection, dict(connection.execute(_IN_BATCH, {"batch": batch}).fetchall()))


def intend(connection: Connection, claims: Collection[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Record that these claims (job and number) are about to do what cannot be taken back; returns those that may.

    The others have been fenced off, and must not.
    """
    rows = connection.execute(_INTEND, {"ids": [job for job, _ in claims], "claims": [claim for _, claim in claims]})
    return {(row[0], row[1]) for row in rows}
