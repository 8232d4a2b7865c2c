"""The reception desk: the one place where the web tier touches the ledger.

One for each process, with one pool and one bell, both begun at their first use: what is opened before the server forks
would be shared by its children and answer the wrong one. It must never speak to a broker, nor wait for a worker.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic

import psycopg
from flask import Flask, current_app
from psycopg.errors import DeadlockDetected, LockNotAvailable

from config.settings import WebSettings
from jobs.facts import SignupCompleted
from jobs.owing import owe
from jobs.registry import Kinds
from ledger.connection import Connection, Pool, hurry, open_pool
from ledger.signups import Owed, Signup, Wanted, record_all
from ledger.wakeup import Bell
from webapp.intake import GaveUpError, Intake
from webapp.signup_request import SignupRequest

EXTENSION = "usher"
PATIENCE_S = 1.0  # how long a request waits for a session, and for a statement
ANSWER_S = 1.5  # how long a sign-up may take altogether: the visitor is told within two seconds, see CONTRACT

# Groups written at a time: while some wait for the disk, another is put together. More make them smaller, which costs
# PostgreSQL; fewer make everybody wait for one thread's turn, which is long on a machine that is busy with other things.
ABREAST = 4
MOST = 64
HELD_S = 0.1  # how long a group waits for a person whose row somebody holds, before each goes alone
LOCALES = 64  # languages whose jobs-to-be are kept at hand


class BusyError(psycopg.OperationalError):
    """The ledger did not say in time whether the sign-up was written."""


class Desk:
    """Takes sign-ups in and hands sessions out."""

    def __init__(self, settings: WebSettings, kinds: Kinds) -> None:
        self.settings = settings
        self.kinds = kinds
        self._url = settings.database_url.get_secret_value()
        self._bell = Bell(self._url)
        self._opening = threading.Lock()
        self._pool: Pool | None = None
        self._intake = Intake(self._write, abreast=ABREAST, most=MOST)
        self._owed_in = lru_cache(maxsize=LOCALES)(self._owe)

    @contextmanager
    def session(self, wait_s: float = PATIENCE_S) -> Iterator[Connection]:
        """A session of the pool. Raises `psycopg.OperationalError` (`PoolTimeout` among it) where none can be had."""
        with self._open_pool().connection(wait_s) as connection:
            yield connection

    def take(self, request: SignupRequest) -> Signup:
        """Put the sign-up and what it owes on disk. When this returns it is committed; when it raises, it is not known to be."""
        ends = monotonic() + ANSWER_S
        owed = self._owed_in(request.locale)
        wanted = Wanted(SignupCompleted.NAME, request.email, request.name, request.locale, owed)
        try:
            return self._intake.put(wanted, ends)
        except GaveUpError:
            raise BusyError from None
        except psycopg.Error as error:
            if not _is_about_one(error):
                raise
        (signup,) = self._write([wanted], ends, held_s=0)
        return signup

    def _write(self, wanted: Sequence[Wanted], ends: float, held_s: float = HELD_S) -> list[Signup]:
        """`held_s`: 0 waits for a person whose row is held for as long as a statement may take."""
        with self.session(_left(ends, most=PATIENCE_S)) as connection:
            hurry(connection, _left(ends))
            signups = record_all(connection, wanted, lock_wait_s=held_s)
        self._bell.ring()
        return signups

    def _owe(self, locale: str | None) -> tuple[Owed, ...]:
        return tuple(owe(SignupCompleted(locale=locale), self.kinds))

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


def _left(ends: float, most: float = ANSWER_S) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise BusyError
    return min(left, most)


def _is_about_one(error: psycopg.Error) -> bool:
    """Whether a group failed because of one in it, and not because of the ledger: nothing is stored, each goes alone."""
    return isinstance(error, LockNotAvailable | DeadlockDetected) or not isinstance(error, psycopg.OperationalError)
