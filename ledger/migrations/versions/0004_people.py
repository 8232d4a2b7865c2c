"""People: consent and confirmation, leaving and erasure; limits, challenges and idempotency keys at the front door.

Everything here is on the way of a sign-up and none of it on the way of a job, but for two booleans that say what a job
is from the start.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE subscribers
    ADD COLUMN confirmed_at timestamptz,              -- when they last proved, by a link of their own, that the address is theirs
    ADD COLUMN left_at      timestamptz,              -- set: nothing goes to them but what they ask for by such a link
    ADD COLUMN erasing_at   timestamptz,              -- set: everything about them is on its way out
    ADD COLUMN unwanted     text[] NOT NULL DEFAULT '{}'; -- queues whose jobs they do not want
CREATE INDEX subscribers_erasing ON subscribers (erasing_at) WHERE erasing_at IS NOT NULL;

-- The consent record of a sign-up is on its row: what was shown, from where, by which door, and how it was confirmed.
ALTER TABLE signups
    ADD COLUMN door         text CHECK (door IN ('form', 'embedded', 'api', 'preferences')),
    ADD COLUMN shown        text CHECK (char_length(shown) <= 2000), -- the words beside the button; NULL: a program's own
    ADD COLUMN origin       text CHECK (char_length(origin) <= 300), -- the other site whose form it was
    ADD COLUMN client       inet,                     -- where it came from
    ADD COLUMN asks         boolean NOT NULL DEFAULT false, -- nothing but the confirmation is owed before it is confirmed
    ADD COLUMN replaces     uuid,                     -- the person it corrects the address of, who leaves when it is confirmed
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN confirmed_from inet,
    ADD COLUMN confirmed_shown text CHECK (char_length(confirmed_shown) <= 2000);

ALTER TABLE jobs
    ADD COLUMN muted  boolean NOT NULL DEFAULT false, -- a brake was on when it was owed: it goes its way and has no effect
    ADD COLUMN hidden boolean NOT NULL DEFAULT false; -- not shown to whoever watches the sign-up: it would tell on the person

-- The order of somebody's jobs goes by their address from now on, see ledger.owed. What was owed before comes into the same line,
-- or telling a provider that they have left would overtake an older job that puts them on the list.
UPDATE jobs SET order_key = hashtextextended(person.address || ' ' || jobs.provider, 0)
FROM subscribers AS person
WHERE person.id = jobs.subscriber_id AND (jobs.finished_at IS NULL OR jobs.awaits_decision);

-- What erasure needs to find. Partial, so that the jobs of a sign-up pay nothing: those are found by their sign-up.
CREATE INDEX jobs_of_person ON jobs (subscriber_id) WHERE signup_id IS NULL;
CREATE INDEX facts_of_signup ON facts (signup_id) WHERE signup_id IS NOT NULL;
CREATE INDEX facts_of_person ON facts (subscriber_id) WHERE signup_id IS NULL;
ALTER TABLE facts DROP CONSTRAINT facts_subscriber_id_fkey; -- each would look through all facts: erasure deletes them itself
ALTER TABLE facts DROP CONSTRAINT facts_signup_id_fkey;
CREATE INDEX effects_of_person ON effects (subscriber_id);

-- People who were erased, so that nobody adds them again by accident: an HMAC of the address under a key of its own.
CREATE TABLE suppressions (
    digest bytea PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT now()
);

-- Limits (GCRA): `used_until` is when all that was used has been earned back. `key` is an HMAC; what it limits is not to be read from it.
CREATE TABLE limits (
    key        bytea PRIMARY KEY,
    used_until timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Solved challenges, until they would have expired: each opens the door once.
CREATE TABLE spent_challenges (
    digest     bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_challenges_expiring ON spent_challenges (expires_at);

-- Answers to be given again. `key` and `fingerprint` are HMACs; `answer` is the body that was sent, which names nobody.
CREATE TABLE idempotency_keys (
    key         bytea PRIMARY KEY,
    fingerprint bytea NOT NULL,
    signup_id   uuid NOT NULL REFERENCES signups ON DELETE CASCADE,
    answer      text NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_expiring ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_of_signup ON idempotency_keys (signup_id);
"""


def upgrade() -> None:
    """Forward."""
    op.execute(TABLES)
