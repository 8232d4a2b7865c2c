"""A backlog, made in SQL: people, sign-ups, facts and the jobs they owe, by the hundred thousand in some seconds.

The jobs are what `jobs.owing` says a sign-up owes, as the web tier would have stored them; only the asking is left
out. It must never run against a ledger that is not the benchmark's own: it begins by emptying it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from jobs import registry
from jobs.facts import SignupCompleted
from jobs.owing import owe
from ledger.connection import Connection
from ledger.owed import Owed

NEWSLETTER = "newsletter"

# Whatever tables the ledger has: what is left of an earlier backlog in any of them would be part of the next one.
_EMPTY = """
DO $$ BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') || ' CASCADE'
             FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version');
END $$
"""

# The checks of foreign keys are left out below; the ledger's own triggers are not: they keep its counts.
_KEEP_TRIGGERS = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tgrelid::regclass AS held_by, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', one.held_by, one.tgname);
    END LOOP;
END $$
"""

# Everybody, numbered: those who have been owed something, and those who have only been invited.
_CROWD = """
DROP TABLE IF EXISTS crowd;
CREATE UNLOGGED TABLE crowd (n integer PRIMARY KEY, address text, person uuid, signup uuid, fact uuid)
"""
_PEOPLE = """
INSERT INTO crowd
SELECT n, %(prefix)s || n || '@example.org', gen_random_uuid(), gen_random_uuid(), gen_random_uuid()
FROM generate_series(%(first)s::integer, %(last)s::integer) AS n
"""
_SIGNED_UP = (
    "INSERT INTO subscribers (id, address) SELECT person, address FROM crowd WHERE n BETWEEN %(first)s AND %(last)s",
    "INSERT INTO signups (id, subscriber_id) SELECT signup, person FROM crowd WHERE n BETWEEN %(first)s AND %(last)s",
    """INSERT INTO facts (id, name, subscriber_id, signup_id)
       SELECT fact, %(name)s, person, signup FROM crowd WHERE n BETWEEN %(first)s AND %(last)s""",
)
_OWED = """
INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, once_key,
                  max_retries, give_up_at, time_limit, resend)
SELECT gen_random_uuid(), hashtextextended(person::text || %(provider)s, 0), fact, signup, person, %(kind)s, %(queue)s,
       %(provider)s, %(payload)s, CASE WHEN %(once)s THEN %(kind)s || ' ' || person END,
       %(max_retries)s::integer, now() + make_interval(secs => %(max_age)s), %(time_limit)s, %(resend)s
FROM crowd WHERE n BETWEEN %(first)s AND %(last)s ORDER BY n
"""


def empty(admin_url: str) -> None:
    """Forget everybody and everything, at once."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(_EMPTY)


def fill(admin_url: str, count: int, prefix: str) -> list[str]:
    """Empty the ledger, then owe `count` people their newsletter job, all due at once; returns their addresses.

    `admin_url` is the superuser's: the rows are consistent by construction, so the foreign keys' checks are skipped.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(_EMPTY)
        connection.execute(_CROWD)
        connection.execute(_KEEP_TRIGGERS)
        with _unchecked(connection):
            _invite(connection, 1, count, prefix)
            owe_more(connection, 1, count)
        _settle(connection)
    return addresses(count, prefix)


def invite(admin_url: str, count: int, prefix: str) -> tuple[int, int]:
    """Add `count` people who are owed nothing yet; returns the numbers of the first and the last of them."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        first = int(_one(connection, "SELECT max(n) + 1 FROM crowd"))
        with _unchecked(connection):
            _invite(connection, first, first + count - 1, prefix)
        _settle(connection)
    return first, first + count - 1


def owe_more(connection: Connection, first: int, last: int) -> None:
    """Owe these people, by number, what a sign-up owes on the queue `newsletter`."""
    for job in owe(SignupCompleted(locale=None), registry.load()):
        if job.queue == NEWSLETTER:
            connection.execute(_OWED, _parameters(job) | {"first": first, "last": last})


def addresses(count: int, prefix: str) -> list[str]:
    """Those of the people that `fill` makes."""
    return [f"{prefix}{number}@example.org" for number in range(1, count + 1)]


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        yield


def _invite(connection: Connection, first: int, last: int, prefix: str) -> None:
    connection.execute(_PEOPLE, {"first": first, "last": last, "prefix": prefix})
    for statement in _SIGNED_UP:
        connection.execute(statement, {"first": first, "last": last, "name": SignupCompleted.NAME})


def _settle(connection: Connection) -> None:
    """What autovacuum and the checkpointer would have done long before in a ledger that has grown, not been made."""
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")


def _one(connection: Connection, question: str) -> Any:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def _parameters(job: Owed) -> dict[str, object]:
    return {
        "kind": job.kind,
        "queue": job.queue,
        "provider": job.provider,
        "payload": Jsonb(job.payload),
        "once": job.once,
        "max_retries": job.max_retries,
        "max_age": float(job.max_age),
        "time_limit": float(job.time_limit),
        "resend": job.resend,
    }
