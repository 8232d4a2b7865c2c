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
# all before somebody claims again, its answer counts. Pauses grow with crashes, since the job may be what kills;
# the first time it keeps its place, or it would wait behind all that has become due since it was first claimed.
_TAKE_OVER = """
WITH given_up AS (
    SELECT jobs.id, jobs.claimer AS executor,
           CASE WHEN claimer = ANY(%(gone)s) OR process.id IS NULL THEN 'lost' ELSE 'overran' END AS event
    FROM jobs LEFT JOIN processes AS process ON process.id = jobs.claimer
    WHERE jobs.state = 'running' AND (claimer = ANY(%(gone)s) OR process.id IS NULL OR deadline < now())
    ORDER BY jobs.id LIMIT %(most)s FOR UPDATE OF jobs SKIP LOCKED
), moved AS (
    UPDATE jobs SET state = CASE WHEN intent = claim AND NOT resend THEN 'unknown' ELSE 'staged' END,
                    finished_at = CASE WHEN intent = claim AND NOT resend THEN now() END,
                    error_code = CASE WHEN intent = claim AND NOT resend THEN 'worker_lost_in_doubt' ELSE error_code END,
                    run_at = CASE WHEN crashes = 0 THEN least(run_at, now())
                                  ELSE now() + make_interval(secs => least(300, power(2, least(crashes, 9)) - 1)) END,
                    crashes = crashes + 1, claimer = NULL, deadline = NULL
    FROM given_up WHERE jobs.id = given_up.id
    RETURNING jobs.id, jobs.kind, jobs.claim, jobs.state, jobs.attempts, given_up.event, given_up.executor,
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


def take_over(connection: Connection, gone: Collection[UUID], *, most: int = 1_000) -> list[TakenOver]:
    """Give up to `most` running jobs back: those of the `gone` executors or of none on record, and those overrun."""
    with connection.cursor(row_factory=class_row(TakenOver)) as cursor:
        return cursor.execute(_TAKE_OVER, {"gone": list(gone), "most": most}).fetchall()
