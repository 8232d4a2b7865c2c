"""What must hold of a ledger at every moment, looked at in one snapshot, by another way than the ledger's own."""

from uuid import UUID

from ledger.connection import Connection

_UNWATCHED = """
SELECT id FROM jobs
WHERE state = 'queued' AND NOT EXISTS (SELECT FROM messages WHERE jobs.id = ANY(messages.jobs))
   OR state = 'running' AND NOT EXISTS (SELECT FROM batches WHERE jobs.id = ANY(batches.jobs))
"""

_MISCOUNTED = """
SELECT queue, state, counted.number, told.number
FROM (SELECT queue, state, count(*) AS number FROM jobs GROUP BY queue, state) AS counted
FULL JOIN (SELECT queue, state, sum(count) AS number
           FROM (SELECT * FROM job_counts UNION ALL SELECT * FROM job_count_changes) AS said GROUP BY queue, state) AS told
USING (queue, state)
WHERE coalesce(counted.number, 0) <> coalesce(told.number, 0)
"""


def unwatched(ledger: Connection) -> set[UUID]:
    """Queued jobs that no message names, and running ones that are in no batch. There must be none."""
    return {job for (job,) in ledger.execute(_UNWATCHED)}


def miscounted(ledger: Connection) -> list[tuple[object, ...]]:
    """Queue and state, the number of jobs there are, and the number the ledger tells. There must be none."""
    return ledger.execute(_MISCOUNTED).fetchall()
