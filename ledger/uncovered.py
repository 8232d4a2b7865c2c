"""The net under the net: jobs that are queued or running, and that no message and no batch speaks of.

There are none: whatever leases a job notes its message, whatever claims one notes its batch, in the same statement or
transaction. But a job in flight that nobody watches would stay there for ever, so what must be impossible is looked
for all the same, by walking the table a slice at a time as pruning does.
"""

from uuid import UUID

from ledger.connection import Connection
from ledger.walk import Slice

# In one snapshot, so what is found is true of that moment.
_FIND = """
SELECT id, claim, state FROM jobs
WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid AND finished_at IS NULL
  AND (state = 'queued' AND id NOT IN (SELECT unnest(jobs) FROM messages)
       OR state = 'running' AND id NOT IN (SELECT unnest(jobs) FROM batches))
"""

# And still so when it is mended: whatever has happened to it meanwhile has changed one of these. What is queued is due again.
# What runs has a batch again, so that it is answered or taken over as any other: only that knows what a lost claim leaves behind.
_MEND = """
WITH found AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(claims)s::integer[], %(states)s::text[]) AS f(id, claim, state)
), staged AS (
    UPDATE jobs SET state = 'staged' FROM found
    WHERE jobs.id = found.id AND jobs.claim = found.claim AND jobs.state = 'queued' AND found.state = 'queued'
    RETURNING jobs.id
), covered AS (
    INSERT INTO batches (id, executor, queue, provider, jobs, time_limit, deadline)
    SELECT jobs.id, claimer, queue, provider, ARRAY[jobs.id], time_limit, now() + make_interval(secs => time_limit)
    FROM jobs JOIN found ON jobs.id = found.id AND jobs.claim = found.claim AND jobs.state = 'running' AND found.state = 'running'
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT id FROM staged UNION ALL SELECT id FROM covered
"""


def mend_uncovered(connection: Connection, *, block: int, blocks: int) -> list[UUID]:
    """Have what nothing covers, in `blocks` of the table from `block` on, watched again or due again; returns those jobs."""
    found = connection.execute(_FIND, Slice("jobs", block, blocks).bounds).fetchall()
    if not found:
        return []
    ids, claims, states = zip(*found, strict=True)
    mended = connection.execute(_MEND, {"ids": list(ids), "claims": list(claims), "states": list(states)})
    return [row[0] for row in mended]
