"""Usher, as the driver runs it and as its own ledger tells.

Separate from the other system that is run here. It must never write to the ledger: what the driver counts is what the
web, the workers and the relays have left there.
"""

import sys
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote

import psycopg

from tests.chaos import takeovers
from tests.chaos.platform import Program
from tests.chaos.systems import Addresses, Backlog, Standing, Standings, Testimony, celery, environment
from tests.chaos.takeovers import Incident

KEY = "a key for the length of one test"
PROVIDER_OF = {"newsletter.subscribe": "listmonk", "notification.welcome.email": "smtp"}

# The first that is true of an address's jobs of one kind. A job that was skipped because another had the effect says
# nothing by itself: it counts through that other one.
RANK = (
    (Standing.UNFINISHED, {"staged", "queued", "running", "retrying"}),
    (Standing.SUCCEEDED, {"succeeded"}),
    (Standing.UNKNOWN, {"unknown"}),
    (Standing.DEAD, {"dead"}),
)

# Outcomes of one claim of one job, more than one of them: a claim that counted twice.
DOUBLES = """
SELECT job_id, claim FROM job_events WHERE event NOT IN ('claimed', 'lost', 'overran')
GROUP BY job_id, claim HAVING count(*) > 1
"""

HISTORY = """
SELECT job.kind, left(job.id::text, 8), job.state, event.at, event.event, event.claim, left(event.worker::text, 8), event.code
FROM subscribers AS person JOIN jobs AS job ON job.subscriber_id = person.id
LEFT JOIN job_events AS event ON event.job_id = job.id
WHERE person.address = %s ORDER BY job.seq, event.id
"""
SHOWN = 5


class Usher:
    """`tests.chaos.systems.System` for the real thing."""

    name = "Usher"

    def prepare(self, at: Addresses) -> None:
        """Migrate."""
        from ledger.migrations import upgrade  # noqa: PLC0415  # loads Alembic and SQLAlchemy, which planning must not

        upgrade(at.database_url)

    def programs(self, at: Addresses, pools: tuple[str, ...]) -> list[Program]:
        """The Procfile's, on this cluster's ports."""
        web = environment(
            DATABASE_URL=at.database_url,
            PORT=str(at.web_port),
            SECRET_KEY=KEY,
            OPS_PASSWORD="unused",
            SIGNUP_LIMITS="off",
            WEB_CONCURRENCY="2",
            WEB_THREADS="32",
            DATABASE_POOL="8",
        )
        worker = environment(
            DATABASE_URL=at.database_url,
            REDIS_URL=at.redis_url,
            SECRET_KEY=KEY,
            NEWSLETTER_DSN=f"listmonk+http://usher:sandbox@127.0.0.1:{at.sandbox_port}/?list=1",
            EMAIL_DSN=f"smtp://127.0.0.1:{at.smtp_port}/?from={quote('Usher <hello@usher.example>')}",
        )
        command = [sys.executable, "-m", "webapp", "--host", "127.0.0.1"]
        workers = [
            Program(name, celery("workers", name, pool), worker)
            for name, pool in ((f"worker-{n}", pool) for n, pool in enumerate(pools))
        ]
        return [Program("web", command, web), *workers]

    def backlog(self, at: Addresses) -> Backlog:
        """Jobs in no final state, and those of them whose time has not come."""
        query = """SELECT count(*), count(*) FILTER (WHERE state IN ('staged', 'retrying') AND run_at > now())
                   FROM jobs WHERE finished_at IS NULL"""
        with psycopg.connect(at.database_url, connect_timeout=3) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return Backlog(*row)

    def standings(self, at: Addresses) -> Standings:
        """From the jobs' states."""
        query = """SELECT person.address, job.kind, array_agg(job.state)
                   FROM subscribers AS person JOIN jobs AS job ON job.subscriber_id = person.id GROUP BY 1, 2"""
        with psycopg.connect(at.database_url) as connection:
            return {(address, PROVIDER_OF[kind]): _rank(states) for address, kind, states in connection.execute(query)}

    def testify(self, at: Addresses, incident: Incident, offenders: Collection[tuple[str, str]]) -> Testimony:
        """The takeovers, claims that were settled twice, and the histories of the first few that are wrong."""
        with psycopg.connect(at.database_url) as connection:
            return Testimony(
                takeovers=takeovers.read(connection, incident),
                doubles=len(connection.execute(DOUBLES).fetchall()),
                offences=[line for address, _ in list(offenders)[:SHOWN] for line in _history(connection, address)],
            )


def _history(connection: "psycopg.Connection[Any]", address: str) -> list[str]:
    """Everything that happened to the jobs of one address, as lines."""
    rows = connection.execute(HISTORY, (address,)).fetchall()
    return [f"{address}: {' '.join('-' if word is None else str(word) for word in row)}" for row in rows]


def _rank(states: Iterable[str]) -> Standing:
    present = set(states)
    return next((standing for standing, words in RANK if present & words), Standing.ABSENT)
