"""The back office: sessions of the ledger for operators, at the API and at a terminal.

Separate because an operator waits for what no visitor would: with a million jobs a list takes seconds, and that is when it is
needed. It must never take a session that a sign-up needs, nor more than a few of PostgreSQL's.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import QueryCanceled

from ledger.connection import Connection, bounded_session
from webapp.errors import TRY_AGAIN_S, ProblemError

SESSIONS = 2  # at a time, of each process
TURN_S = 1.0  # how long to wait for one of them
STATEMENT_S = 25.0  # many a proxy gives up after 30 s, and would say less than we can


class TooSlowError(ProblemError):
    """503: a statement had all its time and was not done. Nothing of it is stored."""

    code = 503
    headers = (("Retry-After", "30"),)
    description = f"This was given up after {STATEMENT_S:g} seconds. Ask for less, e.g. by kind, error or time, or try again later."


class NoSessionError(ProblemError):
    """503: other operators, or another of the same one's questions, have every session."""

    code = 503
    headers = (("Retry-After", str(TRY_AGAIN_S)),)
    description = "Other questions of operators are being answered right now. Please try again in a moment."


class BackOffice:
    """Hands out a session for each question. They are opened for it and closed after it: nobody asks all the time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turns = threading.BoundedSemaphore(SESSIONS)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A session. Raises `NoSessionError`, `TooSlowError`, and `psycopg.OperationalError` where the ledger is away."""
        if not self._turns.acquire(timeout=TURN_S):
            raise NoSessionError
        try:
            with bounded_session(self._url, name="usher-operator", statement_s=STATEMENT_S) as connection:
                yield connection
        except QueryCanceled:
            raise TooSlowError from None
        finally:
            self._turns.release()
