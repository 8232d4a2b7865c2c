"""Burying jobs whose kind no code knows any more: on evidence, and not because a message went unanswered.

The evidence: for minutes it has been due, and in all that time every process on the register that could have known the
kind has been alive and has not. A worker of the next release, or of the last one, may still come and take it.
"""

from ledger.connection import Connection
from ledger.states import DUE, State, sources, sql_list

assert sources(State.DEAD) >= DUE

EVIDENCE_S = 300.0
CODE = "kind_unknown"

# The kinds that wait in the queue are read one step of the index each, however many jobs they have.
# A relay that serves the queue must have been there all the while: an outage of everything is no evidence either.
_BURY = f"""
WITH RECURSIVE found(kind) AS (
    (SELECT kind FROM jobs WHERE queue = %(queue)s AND finished_at IS NULL ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (SELECT jobs.kind FROM jobs WHERE queue = %(queue)s AND jobs.kind > found.kind AND finished_at IS NULL
            ORDER BY jobs.kind LIMIT 1)
    FROM found WHERE found.kind IS NOT NULL
), unknown AS (
    SELECT kind FROM found
    WHERE kind NOT IN (SELECT unnest(kinds) FROM processes WHERE seen_at > now() - make_interval(secs => %(evidence)s))
      AND EXISTS (SELECT FROM processes
                  WHERE role = 'relay' AND %(queue)s = ANY(queues) AND seen_at > now() - interval '5 seconds'
                    AND started_at < now() - make_interval(secs => %(evidence)s))
), buried AS (
    UPDATE jobs SET state = 'dead', finished_at = now(), error_code = '{CODE}'
    WHERE id IN (
        SELECT job.id FROM unknown, LATERAL (
            SELECT id FROM jobs
            WHERE queue = %(queue)s AND jobs.kind = unknown.kind AND finished_at IS NULL AND state IN ({sql_list(DUE)})
              AND run_at < now() - make_interval(secs => %(evidence)s)
            LIMIT 1000 FOR UPDATE SKIP LOCKED) AS job)
    RETURNING id, claim, attempts
)
INSERT INTO job_events (job_id, event, claim, attempt, code) SELECT id, 'died', claim, attempts, '{CODE}' FROM buried
"""


def bury(connection: Connection, queue: str, *, evidence: float = EVIDENCE_S) -> int:
    """End jobs of `queue` whose kind nobody has known for `evidence` seconds; returns how many."""
    return connection.execute(_BURY, {"queue": queue, "evidence": evidence}).rowcount
