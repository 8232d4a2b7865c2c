"""Insisting: an outage is waited out, and a mistake is not mistaken for one."""

import contextlib
import logging
from collections.abc import Iterator

import psycopg
import psycopg_pool
import pytest

from workers import persistence
from workers.errors import LedgerAwayError
from workers.persistence import insist

OUTAGES = [
    psycopg.OperationalError("host a@b.example"),
    psycopg.InterfaceError(),
    psycopg_pool.PoolTimeout(),
    psycopg.errors.AdminShutdown(),
    psycopg.errors.CannotConnectNow(),
    psycopg.errors.QueryCanceled(),
    psycopg.errors.DeadlockDetected(),
]
MISTAKES = [psycopg.ProgrammingError(), psycopg.errors.CheckViolation(), psycopg.DataError(), ValueError(), KeyError()]


class Sessions:
    """What `insist` needs of a pool: sessions, which here are only counted."""

    def __init__(self) -> None:
        self.lent = 0

    @contextlib.contextmanager
    def connection(self) -> Iterator[int]:
        self.lent += 1
        yield self.lent


class FailsFirst:
    """A statement that fails so many times, and then returns the session it ran on."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.calls = error, times, 0

    def __call__(self, connection: int) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return connection


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(persistence, "LONGEST_PAUSE_S", 0.002)


@pytest.mark.parametrize("outage", OUTAGES, ids=repr)
def test_an_outage_is_waited_out_on_a_session_of_its_own_each_time(outage: Exception) -> None:
    sessions, statement = Sessions(), FailsFirst(outage, times=3)
    assert insist(sessions, statement, seconds=5) == 4
    assert (statement.calls, sessions.lent) == (4, 4)


@pytest.mark.parametrize("mistake", MISTAKES, ids=repr)
def test_a_mistake_of_ours_comes_out_at_once(mistake: Exception) -> None:
    statement = FailsFirst(mistake, times=1)
    with pytest.raises(type(mistake)):
        insist(Sessions(), statement, seconds=5)
    assert statement.calls == 1


def test_after_so_long_it_gives_up_with_a_word_of_ours() -> None:
    with pytest.raises(LedgerAwayError) as error:
        insist(Sessions(), FailsFirst(OUTAGES[0], times=10**9), seconds=0.02)
    assert error.value.code == "ledger_away"
    assert "a@b.example" not in str(error.value)


def test_without_patience_it_tries_once() -> None:
    statement = FailsFirst(OUTAGES[0], times=10**9)
    with pytest.raises(LedgerAwayError):
        insist(Sessions(), statement, seconds=0)
    assert statement.calls == 1


def test_an_outage_is_logged_once_and_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        insist(Sessions(), FailsFirst(OUTAGES[0], times=5), seconds=5)
    assert [record.getMessage() for record in caplog.records] == [
        "the ledger is away (OperationalError); waiting for it"
    ]
