"""What a person decides about jobs: an audit of every decision, bulk operations, and how far pruning has come.

Nothing here costs the hot path anything: the one index on jobs holds only those that wait for a person, and the one new
column is NULL until somebody replays the job.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
-- When its budget began anew; NULL: when it was owed.
ALTER TABLE jobs ADD COLUMN replayed_at timestamptz;

-- Dead letters: listing, grouping and bulk operations. Building it reads jobs once, and keeps writers out meanwhile.
CREATE INDEX jobs_waiting_for_a_person ON jobs (seq) WHERE state IN ('dead', 'unknown');

-- One row is "do this to all of those"; wardens carry it out, in batches, since the process that was asked may die.
CREATE TABLE bulk_operations (
    id           uuid PRIMARY KEY,
    verb         text NOT NULL CHECK (verb IN ('retry', 'discard', 'cancel')),
    actor        text NOT NULL,
    selection    jsonb NOT NULL,                                -- which jobs: see ledger/selection.py
    rate         integer NOT NULL CHECK (rate > 0),             -- jobs a second
    counted      integer NOT NULL CHECK (counted >= 0),         -- how many there were when it was asked for
    moved        integer NOT NULL DEFAULT 0 CHECK (moved >= 0), -- how many it has moved
    position     bigint NOT NULL DEFAULT 0,                     -- jobs up to this seq have had their turn
    asked_at     timestamptz NOT NULL DEFAULT now(),            -- what ended later is none of its business
    paced_until  timestamptz NOT NULL DEFAULT now(),            -- its rate is used up until then
    finished_at  timestamptz,
    cancelled_at timestamptz,
    CONSTRAINT cancelled_is_finished CHECK (cancelled_at IS NULL OR finished_at IS NOT NULL)
);
CREATE INDEX bulk_operations_open ON bulk_operations (asked_at) WHERE finished_at IS NULL;

-- Who decided what, append-only. No foreign keys: it outlives the jobs it speaks of.
CREATE TABLE audit (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    actor     text NOT NULL,
    action    text NOT NULL,
    job_id    uuid,             -- one job
    bulk_id   uuid,             -- or all jobs of a selection
    selection jsonb,
    count     integer NOT NULL CHECK (count >= 0),
    CONSTRAINT about_one_or_many CHECK ((job_id IS NULL) <> (bulk_id IS NULL)),
    CONSTRAINT many_has_selection CHECK ((selection IS NULL) = (bulk_id IS NULL))
);
CREATE INDEX audit_of_job ON audit (job_id) WHERE job_id IS NOT NULL;

-- Where the next look for old jobs begins. One row.
CREATE TABLE pruning (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    block    bigint NOT NULL DEFAULT 0 CHECK (block >= 0)
);
INSERT INTO pruning DEFAULT VALUES;
"""


def upgrade() -> None:
    """Forward."""
    op.execute(TABLES)
