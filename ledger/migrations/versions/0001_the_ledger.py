"""The ledger: subscribers, sign-ups, facts, jobs, their history, and who is alive.

State names are written out here and not imported from `ledger.states`: a migration is history and must not change
when the code does. A test holds the two against each other.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE subscribers (
    id           uuid PRIMARY KEY,
    -- The address in the one spelling that identifies a mailbox here: see webapp's validation.
    address      text NOT NULL UNIQUE CHECK (char_length(address) <= 254),
    name         text CHECK (char_length(name) <= 200),
    locale       text CHECK (char_length(locale) <= 35),
    created_at   timestamptz NOT NULL DEFAULT now(),
    signed_up_at timestamptz NOT NULL DEFAULT now()  -- most recently; its update also locks the row: see signups.py
);

CREATE TABLE signups (
    id            uuid PRIMARY KEY,
    subscriber_id uuid NOT NULL REFERENCES subscribers ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX signups_of_subscriber ON signups (subscriber_id);

-- Something that happened. Kinds of job are bound to a fact's name; who listens is the code's business, not the row's.
CREATE TABLE facts (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    subscriber_id uuid REFERENCES subscribers ON DELETE CASCADE,
    signup_id     uuid REFERENCES signups ON DELETE CASCADE,
    happened_at   timestamptz NOT NULL DEFAULT now()
);

-- One row is one thing owed: it is the outbox row and the job in one.
CREATE TABLE jobs (
    id            uuid PRIMARY KEY,
    seq           bigint GENERATED ALWAYS AS IDENTITY,   -- the order in which jobs were owed
    order_key     bigint NOT NULL,                       -- jobs that share it run one after another, by seq
    fact_id       uuid NOT NULL,
    signup_id     uuid,
    subscriber_id uuid REFERENCES subscribers ON DELETE CASCADE,
    kind          text NOT NULL,
    queue         text NOT NULL,
    provider      text NOT NULL,                         -- whose circuit it waits for
    payload       jsonb NOT NULL,
    once_key      text,                                  -- an effect that must take place once: see effects
    -- the policy it was owed under
    max_retries   integer CHECK (max_retries >= 0),      -- NULL: the age alone is the budget
    give_up_at    timestamptz NOT NULL,
    time_limit    real NOT NULL CHECK (time_limit > 0),  -- seconds from claim to deadline
    resend        boolean NOT NULL,                      -- doubt is resolved by doing it again
    -- where it stands
    state         text NOT NULL DEFAULT 'staged',
    run_at        timestamptz NOT NULL DEFAULT now(),
    not_before    timestamptz,                           -- a provider's Retry-After: nothing pulls run_at before it
    tried_at      timestamptz,                           -- when a claim last answered
    claim         integer NOT NULL DEFAULT 0,            -- the fencing token: counts claims, never reused
    settled       integer NOT NULL DEFAULT 0,            -- the last claim that has answered
    intent        integer NOT NULL DEFAULT 0,            -- the last claim that went past its point of no return
    attempts      integer NOT NULL DEFAULT 0,            -- answers of the provider's that spent budget
    crashes       integer NOT NULL DEFAULT 0,            -- executors lost while they had it, in a row
    leased_at     timestamptz,
    claimer       uuid,
    deadline      timestamptz,
    error_code    text,
    provider_id   text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,

    CONSTRAINT known_state CHECK (state IN ('staged', 'queued', 'running', 'retrying', 'succeeded', 'skipped',
                                            'unknown', 'dead', 'cancelled', 'discarded')),
    CONSTRAINT finished_is_final CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'skipped', 'unknown',
                                                                               'dead', 'cancelled', 'discarded'))),
    CONSTRAINT leased_is_queued CHECK ((leased_at IS NOT NULL) = (state = 'queued')),
    CONSTRAINT claimed_is_running CHECK ((claimer IS NOT NULL) = (state = 'running')),
    CONSTRAINT running_has_deadline CHECK ((deadline IS NOT NULL) = (state = 'running')),
    CONSTRAINT dead_has_reason CHECK (state NOT IN ('dead', 'unknown') OR error_code IS NOT NULL),
    CONSTRAINT counters_only_grow CHECK (settled >= 0 AND settled <= claim AND intent >= 0 AND intent <= claim
                                         AND attempts >= 0 AND crashes >= 0)
) WITH (fillfactor = 85);

-- Each index serves one statement; none is here for convenience, since every move of a job pays for all of them.
CREATE INDEX jobs_due ON jobs (queue, run_at) WHERE state IN ('staged', 'retrying');          -- lease
CREATE INDEX jobs_queued ON jobs (queue, leased_at) WHERE state = 'queued';                   -- window, lost messages
CREATE INDEX jobs_running ON jobs (claimer) WHERE state = 'running';                          -- takeover
CREATE INDEX jobs_in_order ON jobs (order_key, seq) WHERE finished_at IS NULL;                -- head of the line
CREATE INDEX jobs_of_signup ON jobs (signup_id);                                              -- status
CREATE INDEX jobs_of_subscriber ON jobs (subscriber_id);                                      -- erasure (and its cascade)

-- History, append-only: one row for each claim and each outcome. No foreign key to jobs: checking it would cost a row
-- lock for each event on the hottest path, and both are pruned by the same statement.
CREATE TABLE job_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id      uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    event       text NOT NULL,
    claim       integer NOT NULL,
    attempt     integer NOT NULL,
    worker      uuid,
    message_id  uuid,           -- Flower's task id for the message that carried it
    code        text,
    provider_id text
);
CREATE INDEX job_events_of_job ON job_events (job_id, id);

-- A provider's circuit: one row for each provider that has ever failed. Shared by all workers of all machines.
CREATE TABLE circuits (
    provider   text PRIMARY KEY,
    state      text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'probing')),
    failures   integer NOT NULL DEFAULT 0 CHECK (failures >= 0),  -- in a row, while closed
    trips      integer NOT NULL DEFAULT 0 CHECK (trips >= 0),     -- openings in a row, without a success between
    openings   bigint NOT NULL DEFAULT 0,                         -- ever
    reason     text,                                              -- the code of what opened it
    probe_at   timestamptz,                                       -- when one job may try again
    probe_job  uuid,                                              -- the one that may
    changed_at timestamptz NOT NULL DEFAULT now(),                -- of state; the ramp-up counts from here
    CONSTRAINT open_has_reason CHECK ((state = 'closed') = (reason IS NULL)),
    CONSTRAINT open_has_probe CHECK ((state = 'closed') = (probe_at IS NULL)),
    CONSTRAINT probing_has_job CHECK ((state = 'probing') = (probe_job IS NOT NULL))
) WITH (fillfactor = 50);

-- Effects that must not take place twice for one person, remembered for longer than the jobs that had them.
CREATE TABLE effects (
    once_key    text PRIMARY KEY,
    subscriber_id uuid REFERENCES subscribers ON DELETE CASCADE,
    job_id      uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);

-- Who is alive: one row for each executing process and each relay, renewed by that process every second or so.
-- fillfactor leaves room for its heartbeat to be a HOT update.
CREATE TABLE processes (
    id         uuid PRIMARY KEY,
    role       text NOT NULL CHECK (role IN ('executor', 'relay')),
    host       text NOT NULL,
    pid        integer NOT NULL,
    queues     text[] NOT NULL,
    kinds      text[] NOT NULL,  -- the kinds its code knows
    broker     text NOT NULL CHECK (broker IN ('up', 'down', 'unasked')),  -- what a relay last saw; an executor is not asked
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
"""


def upgrade() -> None:
    """Forward."""
    op.execute(TABLES)
