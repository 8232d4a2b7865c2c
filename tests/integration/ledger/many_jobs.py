"""Thousands of jobs at once, put in without asking anybody: what stands in a ledger after an outage or a launch."""

from typing import Any

from ledger.connection import Connection
from tests.integration.ledger.owed_jobs import KIND, QUEUE

_PUT_IN = """
INSERT INTO jobs (id, order_key, fact_id, kind, queue, provider, payload, give_up_at, time_limit, resend, tried, state,
                  run_at, tried_at, crashes, claimer, error_code, finished_at)
SELECT gen_random_uuid(), (random() * 9e18)::bigint, gen_random_uuid(), %(kind)s, %(queue)s, %(provider)s, '{}',
       now() + interval '3 days', 30, false, %(state)s = 'retrying', %(state)s,
       now() - make_interval(secs => %(ago)s) + make_interval(secs => n / 1e6::float8), now(), %(crashes)s,
       CASE WHEN %(state)s = 'running' THEN gen_random_uuid() END,
       CASE WHEN %(state)s IN ('dead', 'unknown') THEN 'down' END,
       CASE WHEN %(state)s IN ('succeeded', 'skipped', 'unknown', 'dead', 'cancelled', 'discarded') THEN now() END
FROM generate_series(1, %(number)s) AS n
"""


def many(ledger: Connection, number: int, kind: str = KIND, queue: str = QUEUE, **more: Any) -> None:
    """So many jobs, each of its own person.

    `provider`: the queue's own unless given. `state`: staged. `ago`: seconds since they were due; those later in the
    series a little less. `crashes`: executors lost with them.
    """
    usual = {"provider": queue, "state": "staged", "ago": 60, "crashes": 0}
    ledger.execute(_PUT_IN, {"number": number, "kind": kind, "queue": queue, **usual, **more})
