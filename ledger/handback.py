"""Handing back: an executor that is about to stop gives up what it has not finished, at once and not by expiry.

Only what is before its point of no return: a mail that is going out right now stays claimed, and is either finished in
the last moment or found in doubt when its executor has left the register.
"""

from collections.abc import Collection
from uuid import UUID

from ledger.connection import Connection

# The claim stays open: should its answer come after all before somebody claims again, it counts.
_HAND_BACK = """
WITH held AS (
    SELECT batch.id AS batch, jobs.id, batch.executor
    FROM batches AS batch, unnest(batch.jobs) AS named(id) JOIN jobs USING (id)
    WHERE batch.executor = ANY(%(executors)s) AND jobs.state = 'running' AND jobs.claimer = batch.executor
), mine AS (
    SELECT jobs.id, held.executor FROM jobs JOIN held ON held.id = jobs.id AND held.executor = jobs.claimer
    WHERE jobs.state = 'running' AND jobs.intent < jobs.claim ORDER BY jobs.id FOR UPDATE OF jobs
), moved AS (
    UPDATE jobs SET state = 'staged', run_at = now(), claimer = NULL
    FROM mine WHERE jobs.id = mine.id
    RETURNING jobs.id, jobs.claim, jobs.attempts, mine.executor
), closed AS (
    DELETE FROM batches
    WHERE executor = ANY(%(executors)s) AND id NOT IN (SELECT batch FROM held WHERE held.id NOT IN (SELECT id FROM mine))
), freed AS (
    UPDATE circuits SET probe_at = now() FROM moved WHERE probe_job = moved.id
)
INSERT INTO job_events (job_id, event, claim, attempt, worker)
SELECT id, 'handed_back', claim, attempts, executor FROM moved
"""


def hand_back(connection: Connection, executors: Collection[UUID]) -> int:
    """Stage again what these executors hold; returns how many jobs. No counter changes."""
    return connection.execute(_HAND_BACK, {"executors": list(executors)}).rowcount
