"""Messages and batches: what is on the wire and what is in hands, a row for many jobs each.

So that a job's own row can go from staged to queued to running without touching an index (a HOT update): nothing that
changes on the way is in an index any more. docs/ledger.md has what each index costs.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
-- A message that was published and that nobody has claimed: as many jobs as it names are on the wire.
CREATE TABLE messages (
    id           uuid PRIMARY KEY,                    -- Celery's task id
    queue        text NOT NULL,
    provider     text NOT NULL,
    jobs         uuid[] NOT NULL CHECK (jobs <> '{}'),
    published_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- What one claim took: an executor works on these jobs, one connection's worth. Every running job is in one.
CREATE TABLE batches (
    id         uuid PRIMARY KEY,
    executor   uuid NOT NULL,
    queue      text NOT NULL,
    provider   text NOT NULL,
    jobs       uuid[] NOT NULL CHECK (jobs <> '{}'),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    time_limit real NOT NULL CHECK (time_limit > 0), -- seconds to its next answer
    deadline   timestamptz NOT NULL                  -- for that answer: each one puts it off
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- What is in flight while this runs is carried on: as if each job had been a message of its own.
INSERT INTO messages (id, queue, provider, jobs, published_at)
SELECT id, queue, provider, ARRAY[id], leased_at FROM jobs WHERE state = 'queued';
INSERT INTO batches (id, executor, queue, provider, jobs, time_limit, deadline)
SELECT id, claimer, queue, provider, ARRAY[id], time_limit, deadline FROM jobs WHERE state = 'running';

DROP INDEX jobs_due;
DROP INDEX jobs_queued;
DROP INDEX jobs_running;
DROP INDEX jobs_of_subscriber;
DROP INDEX jobs_waiting_for_a_person;
DROP INDEX jobs_in_order;

ALTER TABLE jobs
    ADD COLUMN tried boolean NOT NULL DEFAULT false,  -- waits for another try: its own lane, so that no retry starves a fresh job
    -- For the index of dead letters: one that named the state itself would have every move touch every index.
    ADD COLUMN awaits_decision boolean GENERATED ALWAYS AS (state IN ('dead', 'unknown')) STORED,
    DROP COLUMN leased_at,                            -- and with them the constraints they are in
    DROP COLUMN deadline,
    DROP CONSTRAINT jobs_subscriber_id_fkey,          -- erasure comes through the sign-up, whose jobs are indexed
    ADD FOREIGN KEY (signup_id) REFERENCES signups ON DELETE CASCADE;
UPDATE jobs SET tried = true WHERE state = 'retrying';

ALTER TABLE jobs SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX jobs_awaiting_decision ON jobs (seq) WHERE awaits_decision;
-- Its predicate is its own, or the planner would walk jobs_due for it when little was waiting at its last look.
CREATE INDEX jobs_in_order ON jobs (order_key, seq) WHERE coalesce(finished_at, 'infinity') = 'infinity';
CREATE INDEX jobs_due ON jobs (queue, kind, tried, run_at) WHERE finished_at IS NULL;

-- One index instead of two: events are read by job, in order, and by nothing else.
DROP INDEX job_events_of_job;
ALTER TABLE job_events DROP CONSTRAINT job_events_pkey, ADD PRIMARY KEY (job_id, id);

-- How many messages an executor carries at once; 0: it has not said.
ALTER TABLE processes ADD COLUMN hands integer NOT NULL DEFAULT 0 CHECK (hands >= 0);

-- How many jobs stand where, without counting them: every statement that changes jobs appends what it has changed, whoever
-- wrote the statement, and wardens add the changes up. Appending, because a row that all of them updated would have
-- every sign-up wait for every other.
CREATE TABLE job_counts (
    queue text,
    state text,
    count bigint NOT NULL,
    PRIMARY KEY (queue, state)
);
CREATE TABLE job_count_changes (
    queue  text NOT NULL,
    state  text NOT NULL,
    change integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
INSERT INTO job_counts SELECT queue, state, count(*) FROM jobs GROUP BY queue, state;

CREATE FUNCTION count_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO job_count_changes SELECT queue, state, count(*) FROM after GROUP BY queue, state;
    RETURN NULL;
END $$;
CREATE FUNCTION count_moved_jobs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO job_count_changes
    SELECT queue, state, sum(change)
    FROM (SELECT queue, state, -1 AS change FROM before UNION ALL SELECT queue, state, 1 FROM after) AS changes
    GROUP BY queue, state HAVING sum(change) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION count_removed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO job_count_changes SELECT queue, state, -count(*) FROM before GROUP BY queue, state;
    RETURN NULL;
END $$;
CREATE TRIGGER count_new AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_new_jobs();
CREATE TRIGGER count_moved AFTER UPDATE ON jobs
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_moved_jobs();
CREATE TRIGGER count_removed AFTER DELETE ON jobs
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION count_removed_jobs();

-- When what had waited for the circuit was pulled forward for the last time.
ALTER TABLE circuits ADD COLUMN pulled_at timestamptz;
"""


def upgrade() -> None:
    """Forward."""
    op.execute(TABLES)
