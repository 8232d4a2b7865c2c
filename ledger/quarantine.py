"""A job that took down the process it was alone in: the only evidence that it is the job that kills.

It is tried alone a few times, and then dies of it. Where it died past its point of no return nobody knows whether the
effect took place, and it is `unknown` like any other.
"""

from uuid import UUID

from ledger.connection import Connection
from ledger.states import State

SUSPECT = 2
"""Executors lost in a row before a job is tried alone. Each may have been somebody else's doing, so it is no more than that."""

DEATHS_ALONE = 3
"""Processes of its own that a job may take down."""

_DIED_ALONE = """
WITH mine AS (
    SELECT id, claimer AS executor, intent = claim AND NOT resend AS in_doubt,
           1 + (SELECT count(*) FROM job_events AS event WHERE event.job_id = jobs.id AND event.event = 'died_alone'
                  AND event.id > coalesce((SELECT max(id) FROM job_events AS replay
                                           WHERE replay.job_id = jobs.id AND replay.event = 'replayed'), 0)) AS deaths
    FROM jobs WHERE id = %(id)s AND claim = %(claim)s AND settled < claim AND state = 'running' FOR UPDATE
), moved AS (
    UPDATE jobs SET
        state = CASE WHEN in_doubt THEN 'unknown' WHEN deaths >= %(most)s THEN 'dead' ELSE 'staged' END,
        finished_at = CASE WHEN in_doubt OR deaths >= %(most)s THEN now() END,
        error_code = CASE WHEN in_doubt THEN 'worker_lost_in_doubt' ELSE 'worker_lost' END,
        run_at = now() + make_interval(secs => power(2, least(deaths, 8))),
        settled = claim, tried_at = now(), crashes = crashes + 1, claimer = NULL
    FROM mine WHERE jobs.id = mine.id
    RETURNING jobs.id, jobs.claim, jobs.attempts, jobs.state, jobs.error_code, mine.executor, jobs.once_key,
              jobs.subscriber_id
), freed AS (
    UPDATE circuits SET probe_at = now() FROM moved WHERE probe_job = moved.id
), remembered AS (
    INSERT INTO effects (once_key, subscriber_id, job_id)
    SELECT once_key, subscriber_id, id FROM moved WHERE state = 'unknown' AND once_key IS NOT NULL
    ON CONFLICT DO NOTHING
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, worker, code)
    SELECT id, 'died_alone', claim, attempts, executor, error_code FROM moved
)
SELECT state FROM moved
"""


def died_alone(connection: Connection, job_id: UUID, claim: int) -> State | None:
    """Record that the job has taken its own process down; returns its state now, None where the claim counts no more."""
    row = connection.execute(_DIED_ALONE, {"id": job_id, "claim": claim, "most": DEATHS_ALONE}).fetchone()
    return State(row[0]) if row else None
