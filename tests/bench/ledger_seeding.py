"""Ledgers of any size, made in SQL as years of sign-ups would have left them: ids and times that grow together.

Separate from `seeding`, whose people are random and all new: here what lies where in the table and its indexes is the
point. It must never run against a ledger that is not the benchmark's own: it skips the checks of foreign keys.
"""

import psycopg

# Their sign-ups and facts have their ids, which is all that a foreign key can tell.
_PEOPLE = """
CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS
SELECT n, at, uuidv7(at - now()) AS id
FROM generate_series(1, %(count)s::integer) AS n, LATERAL (SELECT now() - make_interval(secs => 0.001 * (%(count)s - n)) AS at) AS time
"""
_SIGNED_UP = (
    "INSERT INTO subscribers (id, address, created_at) SELECT id, n || %(at)s, at FROM crowd ORDER BY n",
    "INSERT INTO signups (id, subscriber_id, created_at) SELECT id, id, at FROM crowd ORDER BY n",
    "INSERT INTO facts (id, name, subscriber_id, signup_id, happened_at) SELECT id, 'signup.completed', id, id, at FROM crowd ORDER BY n",
)
_OWED = """
INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, give_up_at, time_limit,
                  resend, run_at, created_at, state, claim, settled, tried_at, finished_at, provider_id)
SELECT uuidv7(at - now()), hashtextextended(id::text || 'newsletter', 0), id, id, id, 'newsletter.subscribe', 'newsletter',
       'newsletter', '{}', at + interval '3 days', 30, true, at, at, CASE WHEN done THEN 'succeeded' ELSE 'staged' END, done::int,
       done::int, CASE WHEN done THEN at END, CASE WHEN done THEN at END, CASE WHEN done THEN n::text END
FROM crowd, (SELECT %(finished)s::boolean AS done) AS past ORDER BY n
"""
_HISTORY = """
INSERT INTO job_events (job_id, at, event, claim, attempt, worker, message_id, provider_id)
SELECT id, finished_at, event, 1, 0, fact_id, CASE WHEN event = 'claimed' THEN fact_id END,
       CASE WHEN event = 'succeeded' THEN provider_id END
FROM jobs, unnest(ARRAY['claimed', 'succeeded']) AS event WHERE finished_at IS NOT NULL ORDER BY seq
"""


def owe(admin_url: str, count: int, *, finished: bool = False) -> None:
    """Sign up `count` people; the one newsletter job of each is due, or has succeeded and has its history."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        # The counts are kept by triggers, which would otherwise sleep along with the foreign keys' checks.
        connection.execute("ALTER TABLE jobs ENABLE ALWAYS TRIGGER count_new")
        connection.execute(_PEOPLE, {"count": count})
        for statement in _SIGNED_UP:
            connection.execute(statement, {"at": f"@{'old' if finished else 'new'}.example.org"})
        connection.execute(_OWED, {"finished": finished})
        if finished:
            connection.execute(_HISTORY)
        connection.execute("ALTER TABLE jobs ENABLE TRIGGER count_new")


def settle(admin_url: str) -> None:
    """What autovacuum and the checkpointer would have done long ago in a ledger that has grown, not been made."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
