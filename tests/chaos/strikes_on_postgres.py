"""What can happen to the database.

Separate, because it is one engine. It must never change a row.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from embedded.postgres import EmbeddedPostgres

ROWS = 50
CONNECT_S = 3

# Jobs that are out right now, whatever the system calls them; the plain one has none, and then nothing is blocked.
BLOCK = "SELECT id FROM jobs WHERE state IN ('queued', 'running') ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED"


@dataclass(slots=True)
class OnPostgres:
    """Strikes at one PostgreSQL. They raise `psycopg.Error` where it does not answer."""

    server: EmbeddedPostgres
    blockers: list["psycopg.Connection[Any]"] = field(default_factory=list)

    def restart(self, _target: str) -> None:
        """It is stopped in order, with everybody connected, and started again."""
        self.server.restart()

    def kill(self, _target: str) -> None:
        """As a power cut does, but for what the disk had not written: that is not ours to test."""
        self.server.kill()

    def start(self, _target: str) -> None:
        """It recovers."""
        self.server.start()

    def cut(self, _target: str) -> None:
        """Every session is ended."""
        with psycopg.connect(self.server.admin_url, autocommit=True, connect_timeout=CONNECT_S) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'usher'")

    def block(self, _target: str) -> None:
        """Row locks are held for long, as by a `BEGIN; UPDATE ...` that somebody has forgotten in their psql."""
        blocker = psycopg.connect(self.server.url, connect_timeout=CONNECT_S)
        self.blockers.append(blocker)
        blocker.execute(BLOCK, (ROWS,))

    def unblock(self, _target: str) -> None:
        """They are let go."""
        while self.blockers:
            self.blockers.pop().close()
