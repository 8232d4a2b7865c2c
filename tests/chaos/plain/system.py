"""The plain Celery program, as the driver runs it and as far as it can be asked.

Separate from the program, which knows nothing of the driver. Of a sign-up it can say nothing but whether it has taken it
and whether a task has failed for good: there is nothing more to ask.
"""

import sys
from collections.abc import Collection

import psycopg
from redis import Redis

from tests.chaos.platform import Program
from tests.chaos.systems import Addresses, Backlog, Standing, Standings, Testimony, celery, environment
from tests.chaos.takeovers import Incident

TABLES = """
CREATE TABLE plain_signups (address text PRIMARY KEY);
CREATE TABLE plain_failures (task text NOT NULL, address text NOT NULL);
"""
SERVER = (
    *("--interface", "wsgi", "--workers", "2", "--blocking-threads", "32"),
    *("--respawn-failed-workers", "--workers-kill-timeout", "8"),
)
"""What Usher's own web is given, so that the two differ in nothing else."""

PROVIDER_OF = {"plain.subscribe": "listmonk", "plain.welcome": "smtp"}


class PlainCelery:
    """`tests.chaos.systems.System` for `tests.chaos.plain.app`."""

    name = "plain Celery"

    def prepare(self, at: Addresses) -> None:
        """Two tables."""
        with psycopg.connect(at.database_url, autocommit=True) as connection:
            connection.execute(TABLES)

    def programs(self, at: Addresses, pools: tuple[str, ...]) -> list[Program]:
        """A web and workers of the same size as the other's."""
        env = environment(
            DATABASE_URL=at.database_url,
            REDIS_URL=at.redis_url,
            NEWSLETTER_URL=f"http://127.0.0.1:{at.sandbox_port}",
            SMTP_PORT=str(at.smtp_port),
        )
        command = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(at.web_port), *SERVER]
        web = Program("web", [*command, "tests.chaos.plain.web:application"], env)
        names = [(f"worker-{n}", pool) for n, pool in enumerate(pools)]
        return [web, *(Program(name, celery("tests.chaos.plain.app", name, pool), env) for name, pool in names)]

    def backlog(self, at: Addresses) -> Backlog:
        """Messages in the queue and messages that some worker has not acknowledged, retries in its memory among them."""
        with Redis.from_url(at.redis_url, socket_timeout=2) as client:
            return Backlog(int(client.llen("celery")) + int(client.hlen("unacked")))

    def standings(self, at: Addresses) -> Standings:
        """What has failed for good, and nothing else."""
        with psycopg.connect(at.database_url) as connection:
            rows = connection.execute("SELECT DISTINCT task, address FROM plain_failures").fetchall()
        return {(address, PROVIDER_OF[task]): Standing.DEAD for task, address in rows}

    def testify(self, at: Addresses, incident: Incident, offenders: Collection[tuple[str, str]]) -> Testimony:
        """It keeps no history."""
        _ = at, incident, offenders
        return Testimony()
