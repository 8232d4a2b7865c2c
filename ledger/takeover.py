"""Taking over: jobs whose executor is gone, or whose deadline has passed, become due again.

Who counts as gone is decided by the one who watches (`workers.relay.silence`), from evidence it saw itself; this file
only makes the move. Nothing here waits for Celery's `visibility_timeout`, and nothing is spent from the budget.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.states import State


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A job that was given up on behalf of its executor."""

    id: UUID
    kind: str
    claim: int
    state: State
    event: str  # "lost" where the executor is gone, "overran" where the deadline passed

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))


# Staged again, unless the claim was past its point of no return at a provider that cannot tell: then nobody knows
# whether the effect took place, and a person decides. The claim number stays: should the lost executor answer after
# all before somebody claims again, its answer counts. Pauses grow with the crashes of a job that was alone, since it may be
# what kills; the first time it keeps its place, or it would wait behind all that has become due since it was first claimed.
# Jobs of a larger batch keep theirs: they go in halves, until the culprit is alone.
# A job that its executor has answered and then claimed anew is in two of its batches: only the later one speaks for it.
# A row that somebody holds is being answered: it is left, and so is its batch, for the next look.
_TAKE_OVER = """
WITH given_up AS (
    SELECT batch.id, batch.jobs, batch.executor,
           CASE WHEN batch.executor = ANY(%(gone)s) OR batch.id = ANY(%(died)s) OR process.id IS NULL THEN 'lost' ELSE 'overran' END AS event
    FROM batches AS batch LEFT JOIN processes AS process ON process.id = batch.executor
    WHERE batch.executor = ANY(%(gone)s) OR batch.id = ANY(%(died)s) OR process.id IS NULL OR batch.deadline < now()
    ORDER BY batch.id LIMIT %(most)s FOR UPDATE OF batch SKIP LOCKED
), in_hands AS (
    SELECT DISTINCT ON (executor, job) batches.id AS batch, job FROM batches, unnest(jobs) AS job
    WHERE executor IN (SELECT executor FROM given_up) ORDER BY executor, job, claimed_at DESC
), held AS (
    SELECT jobs.id, given_up.id AS batch, given_up.executor, given_up.event, cardinality(given_up.jobs) = 1 AS alone
    FROM given_up JOIN in_hands ON in_hands.batch = given_up.id JOIN jobs ON jobs.id = in_hands.job
    WHERE jobs.state = 'running' AND jobs.claimer = given_up.executor
), mine AS (
    SELECT jobs.id, held.executor, held.event, held.alone
    FROM jobs JOIN held ON held.id = jobs.id AND held.executor = jobs.claimer
    WHERE jobs.state = 'running' ORDER BY jobs.id FOR UPDATE OF jobs SKIP LOCKED
), closed AS (
    DELETE FROM batches USING given_up
    WHERE batches.id = given_up.id
      AND given_up.id NOT IN (SELECT batch FROM held WHERE held.id NOT IN (SELECT id FROM mine))
), moved AS (
    UPDATE jobs SET state = CASE WHEN intent = claim AND NOT resend THEN 'unknown' ELSE 'staged' END,
                    finished_at = CASE WHEN intent = claim AND NOT resend THEN now() END,
                    error_code = CASE WHEN intent = claim AND NOT resend THEN 'worker_lost_in_doubt' ELSE error_code END,
                    run_at = CASE WHEN crashes = 0 OR NOT mine.alone THEN least(run_at, now())
                                  ELSE now() + make_interval(secs => least(300, power(2, least(crashes, 9)) - 1)) END,
                    crashes = crashes + 1, claimer = NULL
    FROM mine WHERE jobs.id = mine.id
    RETURNING jobs.id, jobs.kind, jobs.claim, jobs.state, jobs.attempts, mine.event, mine.executor,
              jobs.error_code, jobs.once_key, jobs.subscriber_id
), freed AS (
    UPDATE circuits SET probe_at = now() FROM moved WHERE probe_job = moved.id
), remembered AS (
    INSERT INTO effects (once_key, subscriber_id, job_id)
    SELECT once_key, subscriber_id, id FROM moved WHERE state = 'unknown' AND once_key IS NOT NULL
    ON CONFLICT DO NOTHING
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, worker, code)
    SELECT id, event, claim, attempts, executor, CASE WHEN state = 'unknown' THEN error_code END FROM moved
)
SELECT id, kind, claim, state, event FROM moved
"""


def take_over(
    connection: Connection, gone: Collection[UUID], *, died: Collection[UUID] = (), most: int = 100
) -> list[TakenOver]:
    """Give up to `most` batches up: those of the `gone` executors or of none on record, those that `died`, those overrun."""
    with connection.cursor(row_factory=class_row(TakenOver)) as cursor:
        return cursor.execute(_TAKE_OVER, {"gone": list(gone), "died": list(died), "most": most}).fetchall()
