"""The net under the net: jobs that are queued or running, and that no message and no batch speaks of.

There are none: whatever leases a job notes its message, whatever claims one notes its batch, in the same statement or
transaction. But a job in flight that nobody watches would stay there for ever, so what must be impossible is looked
for all the same, by walking the table a slice at a time as pruning does.
"""

from uuid import UUID

from ledger.connection import Connection

# In one snapshot, so what is found is true of that moment.
_FIND = """
SELECT id, claim, state FROM jobs
WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid AND finished_at IS NULL
  AND (state = 'queued' AND id NOT IN (SELECT unnest(jobs) FROM messages)
       OR state = 'running' AND id NOT IN (SELECT unnest(jobs) FROM batches))
"""

# And still so when it is moved: whatever has happened to it meanwhile has changed one of these.
_STAGE = """
WITH moved AS (
    UPDATE jobs SET state = 'staged', claimer = NULL
    FROM unnest(%(ids)s::uuid[], %(claims)s::integer[], %(states)s::text[]) AS found(id, claim, state)
    WHERE jobs.id = found.id AND jobs.claim = found.claim AND jobs.state = found.state
    RETURNING jobs.id, jobs.claim, jobs.attempts, found.state
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt)
    SELECT id, 'lost', claim, attempts FROM moved WHERE state = 'running'
)
SELECT id FROM moved
"""


def stage_uncovered(connection: Connection, *, block: int, blocks: int) -> list[UUID]:
    """Stage again what nothing covers in `blocks` of the table from `block` on; returns those jobs."""
    slice_ = {"first": f"({block},0)", "beyond": f"({block + blocks},0)"}
    found = connection.execute(_FIND, slice_).fetchall()
    if not found:
        return []
    ids, claims, states = zip(*found, strict=True)
    moved = connection.execute(_STAGE, {"ids": list(ids), "claims": list(claims), "states": list(states)})
    return [row[0] for row in moved]
