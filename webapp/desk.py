"""The reception desk: the one place where the web tier touches the ledger.

One for each process, with one pool and one bell, both begun at their first use: what is opened before the server forks
would be shared by its children and answer the wrong one. It must never speak to a broker, nor wait for a worker.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from uuid import UUID

import psycopg
from flask import Flask
from psycopg.errors import DeadlockDetected, LockNotAvailable

from config.settings import WebSettings
from jobs.links import Links
from jobs.registry import Kinds
from ledger import idempotency
from ledger.connection import Connection, Pool, hurry, open_pool
from ledger.signups import Signup, Wanted, record_all
from ledger.wakeup import Bell
from webapp.act import Act
from webapp.back_office import BackOffice
from webapp.fixture import Fixture
from webapp.intake import GaveUpError, Intake
from webapp.keys import Mac, derived, suppression_key
from webapp.live.live import Live
from webapp.orders import Orders
from webapp.personal_desk import PersonalDesk
from webapp.signup_request import SignupRequest

EXTENSION = "usher"
PATIENCE_S = 1.0  # how long a request waits for a session, and for a statement
ANSWER_S = 1.5  # how long a sign-up may take altogether: the visitor is told within two seconds, see CONTRACT

# Groups written at a time: while some wait for the disk, another is put together. More make them smaller, which costs
# PostgreSQL; fewer make everybody wait for one thread's turn, which is long on a machine that is busy with other things.
ABREAST = 4
MOST = 64
HELD_S = 0.1  # how long a group waits for a person whose row somebody holds, before each goes alone


class BusyError(psycopg.OperationalError):
    """The ledger did not say in time whether the sign-up was written."""


class Desk(PersonalDesk):
    """Takes sign-ups in and hands sessions out."""

    def __init__(self, settings: WebSettings, kinds: Kinds) -> None:
        super().__init__(kinds)
        self.settings = settings
        self._url = settings.database_url.get_secret_value()
        self._bell = Bell(self._url)
        self._opening = threading.Lock()
        self._pool: Pool | None = None
        # Whoever is let in under a key holds a session while others (limits, challenges) are used for it.
        self._keyed = threading.BoundedSemaphore(max(1, settings.database_pool // 2))
        self._intake = Intake(self._write, abreast=ABREAST, most=MOST)
        self.back_office = BackOffice(self._url)
        self.live = Live(self.session, waiters=settings.web_threads // 2)  # never the last thread
        self.links = Links(settings.public_url, settings.secret_key.get_secret_value())
        self._suppression = Mac(suppression_key(settings))
        self.repetitions = Mac(derived(settings, "idempotency"))  # what makes the keys of `take_once`, at every door
        self._orders = Orders(kinds, asks=settings.double_opt_in, digest=self.digest)

    @contextmanager
    def session(self, wait_s: float = PATIENCE_S) -> Iterator[Connection]:
        """A session of the pool, for visitors: operators have `back_office`'s. Raises `psycopg.OperationalError` (`PoolTimeout` among it) where none can be had."""
        with self._open_pool().connection(wait_s) as connection:
            yield connection

    def take(self, request: SignupRequest, act: Act) -> Signup:
        """Put the sign-up and what it owes on disk. When this returns it is committed; when it raises, it is not known to be."""
        ends = monotonic() + ANSWER_S
        wanted = self._orders.signup(request, act)
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
        self.ring()
        return signups

    def ring(self) -> None:
        """Tell relays that something is due."""
        self._bell.ring()

    def take_once(
        self,
        request: SignupRequest,
        admit: Callable[[], Act],
        *,
        key: bytes,
        fingerprint: bytes,
        answer: Callable[[Signup], str],
    ) -> idempotency.Outcome:
        """As `take`, but once for each `key`, alone. `admit` is asked only where the sign-up has to be taken, under the key's
        lock; what it raises, this raises, and nothing is remembered. `answer`: the body to be given again.

        Not in a group, because limits would then be asked without that lock: of two clicks at two processes the muted one
        could be the one that counts (docs/decisions/0020).
        """
        ends = monotonic() + ANSWER_S
        with self._keyed_turn(ends), self.session(_left(ends, most=PATIENCE_S)) as connection:

            def record() -> tuple[UUID, str]:
                act = admit()
                hurry(connection, _left(ends))
                (signup,) = record_all(connection, [self._orders.signup(request, act)])
                return signup.id, answer(signup)

            outcome = idempotency.once(connection, key, fingerprint, record)
        if isinstance(outcome, idempotency.Taken):
            self.ring()
        return outcome

    @contextmanager
    def _keyed_turn(self, ends: float) -> Iterator[None]:
        if not self._keyed.acquire(timeout=_left(ends, most=PATIENCE_S)):
            raise BusyError
        try:
            yield
        finally:
            self._keyed.release()

    def digest(self, address: str) -> bytes:
        """An address as the suppression list keeps it."""
        return self._suppression.of(address)

    def readdress(self, subscriber_id: UUID, address: str, act: Act) -> None:
        """Ask the new address whether it is theirs. When it says so, whoever had the old one leaves, and their name comes along."""
        person = self.person(subscriber_id)
        if person is None:
            return
        request = SignupRequest.model_construct(email=address, name=None, locale=person.locale)
        asked = self._orders.question(request, act, replaces=subscriber_id)
        self._write([asked], monotonic() + ANSWER_S, held_s=0)

    def close(self) -> None:
        """Give every session back. The next use opens them again."""
        self.live.close()
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


_FIXTURE = Fixture(EXTENSION, Desk)


def open_in(app: Flask, desk: Desk) -> None:
    """Put the desk where `at_desk` finds it."""
    _FIXTURE.put_in(app.extensions, desk)


def at_desk() -> Desk:
    """The desk of the application that is answering right now."""
    return _FIXTURE.at_hand()


def _left(ends: float, most: float = ANSWER_S) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise BusyError
    return min(left, most)


def _is_about_one(error: psycopg.Error) -> bool:
    """Whether a group failed because of one in it, and not because of the ledger: nothing is stored, each goes alone."""
    return isinstance(error, LockNotAvailable | DeadlockDetected) or not isinstance(error, psycopg.OperationalError)
