"""A ledger after some weeks: tens of thousands of jobs that wait, are done or died, with their people and their history."""

from ledger.connection import Connection
from tests.integration.ledger.owed_jobs import KIND, QUEUE

LETTER = "a.letter"
PEOPLE = 25_000
HISTORY = 20_000  # jobs that are done
WAITING = 12_000  # jobs of each kind that are due, a third of them for another try

_PEOPLE = """
INSERT INTO subscribers (id, address) SELECT gen_random_uuid(), n || '@b.example' FROM generate_series(1, %(number)s) AS n
"""
_SIGNUPS = "INSERT INTO signups (id, subscriber_id) SELECT gen_random_uuid(), id FROM subscribers"
_JOBS = """
INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, once_key, give_up_at,
                  time_limit, resend, state, tried, run_at, tried_at, claim, settled, error_code, finished_at)
SELECT gen_random_uuid(), hashtextextended(subscriber_id::text || %(queue)s, 0), gen_random_uuid(), id, subscriber_id,
       %(kind)s, %(queue)s, %(queue)s, '{}', %(kind)s || ' ' || subscriber_id, now() + interval '3 days', 30, false,
       CASE WHEN n %% 3 = 0 THEN %(again)s ELSE %(state)s END, %(again)s = 'retrying' AND n %% 3 = 0,
       now() + make_interval(secs => (n - %(number)s) / 10.0), now() - interval '1 hour', 1, %(settled)s,
       CASE WHEN %(again)s = 'dead' AND n %% 3 = 0 THEN 'down' END, CASE WHEN %(settled)s = 1 THEN now() END
FROM (SELECT *, row_number() OVER () AS n FROM signups) AS numbered WHERE n <= %(number)s
"""
_EVENTS = """
INSERT INTO job_events (job_id, event, claim, attempt)
SELECT id, event, 1, 1 FROM jobs, unnest(ARRAY['claimed', 'succeeded']) AS event WHERE finished_at IS NOT NULL
"""
_EFFECTS = "INSERT INTO effects (once_key, job_id) SELECT once_key, id FROM jobs WHERE state = 'succeeded' ON CONFLICT DO NOTHING"


def fill(ledger: Connection) -> None:
    """Put all of it in, and let the planner know."""
    ledger.execute("SET statement_timeout = 0")
    ledger.execute(_PEOPLE, {"number": PEOPLE})
    ledger.execute(_SIGNUPS)
    done = {"number": HISTORY, "state": "succeeded", "again": "dead", "settled": 1}
    waiting = {"number": WAITING, "state": "staged", "again": "retrying", "settled": 0}
    for jobs in (done, waiting):
        ledger.execute(_JOBS, {**jobs, "kind": KIND, "queue": QUEUE})
        ledger.execute(_JOBS, {**jobs, "kind": LETTER, "queue": "email", "number": jobs["number"] // 4})
    ledger.execute(_EVENTS)
    ledger.execute(_EFFECTS)
    ledger.execute("VACUUM ANALYZE")
