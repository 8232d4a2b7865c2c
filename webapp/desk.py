"""The reception desk: the one place where the web tier touches the ledger.

One for each process, with one pool and one bell, both begun at their first use: what is opened before gunicorn forks
would be shared by its children and answer the wrong one. It must never speak to a broker, nor wait for a worker.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app

from config.settings import WebSettings
from jobs.facts import SignupCompleted
from jobs.owing import owe
from jobs.registry import Kinds
from ledger.connection import Connection, Pool, open_pool
from ledger.signups import Signup, record
from ledger.wakeup import Bell
from webapp.signup_request import SignupRequest

EXTENSION = "usher"
PATIENCE_S = 1.0  # how long a request waits for a session: the visitor is told within two seconds, see CONTRACT


class Desk:
    """Takes sign-ups in and hands sessions out."""

    def __init__(self, settings: WebSettings, kinds: Kinds) -> None:
        self.settings = settings
        self.kinds = kinds
        self._url = settings.database_url.get_secret_value()
        self._bell = Bell(self._url)
        self._opening = threading.Lock()
        self._pool: Pool | None = None

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A session of the pool. Raises `psycopg.OperationalError` (`PoolTimeout` among it) where none can be had."""
        with self._open_pool().connection() as connection:
            yield connection

    def take(self, request: SignupRequest) -> Signup:
        """Put the sign-up and what it owes on disk. When this returns it is committed; when it raises, it is not known to be."""
        owed = owe(SignupCompleted(locale=request.locale), self.kinds)
        with self.session() as connection:
            signup = record(
                connection,
                fact=SignupCompleted.NAME,
                address=request.email,
                name=request.name,
                locale=request.locale,
                owed=owed,
            )
        self._bell.ring()
        return signup

    def close(self) -> None:
        """Give every session back. The next use opens them again."""
        with self._opening:
            if self._pool is not None:
                self._pool.close()
            self._pool = None

    def _open_pool(self) -> Pool:
        with self._opening:
            if self._pool is None:
                size = self.settings.database_pool
                self._pool = open_pool(
                    self._url, name="usher-web", size=size, wait_s=PATIENCE_S, statement_s=PATIENCE_S
                )
            return self._pool


def open_in(app: Flask, desk: Desk) -> None:
    """Put the desk where `at_desk` finds it."""
    app.extensions[EXTENSION] = desk


def at_desk() -> Desk:
    """The desk of the application that is answering right now."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Desk)
    return found
