"""The bell wakes a relay at once, a thousand rings wake it a few times, and no broken session silences it for good."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from ledger.connection import Connection
from ledger.wakeup import CHANNEL, DEBOUNCE_S, Bell, Ear
from tests.waiting import eventually


@pytest.fixture
def ear(database_url: str) -> Iterator[Ear]:
    listening = Ear(database_url)
    yield listening
    listening.close()


def end_sessions(ledger: Connection, name: str) -> int:
    found = ledger.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
        (name,),
    )
    return len(found.fetchall())


def test_a_ring_is_heard_long_before_the_next_poll(database_url: str, ear: Ear) -> None:
    bell = Bell(database_url)
    bell.ring()
    assert ear.wait(5)
    began = time.monotonic()
    bell.ring()
    assert ear.wait(5)
    assert time.monotonic() - began < 4


def test_without_a_ring_the_wait_ends_by_itself(ear: Ear) -> None:
    began = time.monotonic()
    assert not ear.wait(0.05)
    assert time.monotonic() - began >= 0.05


def test_a_ring_while_nobody_waits_is_heard_at_the_next_wait(database_url: str, ear: Ear, ledger: Connection) -> None:
    Bell(database_url).ring()
    quiet = "SELECT query FROM pg_stat_activity WHERE application_name = 'usher-bell' AND state = 'idle'"
    eventually(lambda: ledger.execute(quiet).fetchone() == (f"NOTIFY {CHANNEL}",))
    assert ear.wait(5)


def test_a_thousand_rings_are_a_few_notifications_and_hold_nobody_up(database_url: str, ledger: Connection) -> None:
    ledger.execute(f"LISTEN {CHANNEL}")
    bell = Bell(database_url)
    bell.ring()
    assert list(ledger.notifies(timeout=5, stop_after=1))
    began = time.monotonic()
    for _ in range(1_000):
        bell.ring()
    took = time.monotonic() - began
    assert took < 3
    heard = len(list(ledger.notifies(timeout=0.5)))
    assert 1 <= heard <= 2 + took / DEBOUNCE_S
    assert heard < 300


def test_the_bell_rings_again_after_its_session_was_killed(database_url: str, ear: Ear, ledger: Connection) -> None:
    bell = Bell(database_url)
    bell.ring()
    assert ear.wait(5)
    assert eventually(lambda: end_sessions(ledger, "usher-bell")) == 1
    assert eventually(lambda: bell.ring() or ear.wait(0.1), within=10)


def test_ringing_never_fails_even_where_there_is_no_ledger() -> None:
    bell = Bell("postgresql://nobody@127.0.0.1:1/nothing")
    bell.ring()
    bell.ring()
    assert any(thread.name == "usher-bell" for thread in threading.enumerate())


def test_an_ear_whose_session_was_killed_says_so(ear: Ear, ledger: Connection) -> None:
    assert eventually(lambda: end_sessions(ledger, "usher-relay-ear")) == 1
    with pytest.raises(psycopg.OperationalError):
        ear.wait(5)
