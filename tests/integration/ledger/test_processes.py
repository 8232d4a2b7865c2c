"""The register: a row for each process, renewed by itself, with the time since by the database's clock."""

from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.connection import Connection
from ledger.processes import FORGOTTEN_S, beat, forget, leave, register
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import enrol


def seen_ago(ledger: Connection, one: UUID, seconds: float) -> None:
    ledger.execute("UPDATE processes SET seen_at = now() - make_interval(secs => %s) WHERE id = %s", (seconds, one))


def test_the_first_beat_enters_the_register(ledger: Connection) -> None:
    one = uuid4()
    beat(ledger, one, role="relay", host="h", pid=7, queues=["email", "sms"], kinds=["k"], broker="up")
    (found,) = register(ledger)
    assert (found.id, found.role, found.host, found.pid) == (one, "relay", "h", 7)
    assert (found.queues, found.kinds, found.broker) == (["email", "sms"], ["k"], "up")
    assert found.seen_at == found.started_at


def test_each_further_beat_renews_the_row_and_what_may_have_changed(ledger: Connection) -> None:
    one = uuid4()
    beat(ledger, one, role="relay", host="h", pid=7, queues=["email"], broker="up")
    seen_ago(ledger, one, 60)
    (before,) = register(ledger)
    beat(ledger, one, role="relay", host="h", pid=7, queues=["sms"], broker="down")
    (after,) = register(ledger)
    assert after.seen_at > before.seen_at
    assert (after.started_at, after.queues, after.broker) == (before.started_at, ["sms"], "down")


def test_silence_is_measured_by_the_databases_clock(ledger: Connection) -> None:
    seen_ago(ledger, enrol(ledger), 12)
    (found,) = register(ledger)
    assert 12 <= found.silent_for < 20


def test_who_leaves_is_off_the_register_and_may_leave_twice(ledger: Connection) -> None:
    one, other = enrol(ledger), enrol(ledger)
    leave(ledger, one)
    leave(ledger, one)
    assert [found.id for found in register(ledger)] == [other]


def test_those_silent_for_an_hour_are_forgotten_and_nobody_else(ledger: Connection) -> None:
    long_gone, silent, alive = (enrol(ledger) for _ in range(3))
    seen_ago(ledger, long_gone, FORGOTTEN_S + 1)
    seen_ago(ledger, silent, FORGOTTEN_S - 60)
    assert forget(ledger) == 1
    assert {found.id for found in register(ledger)} == {silent, alive}


@pytest.mark.parametrize("change", ["role = 'janitor'", "broker = 'sideways'", "pid = NULL"])
def test_the_register_takes_no_nonsense(ledger: Connection, change: str) -> None:
    enrol(ledger)
    with pytest.raises(psycopg.IntegrityError):
        ledger.execute(f"UPDATE processes SET {change}")  # noqa: S608  # the test's own words


def test_a_session_says_in_the_database_whose_it_is(another: Open) -> None:
    assert another().execute("SHOW application_name").fetchone() == ("test",)
    assert another().execute("SHOW timezone").fetchone() == ("UTC",)
    assert another().execute("SHOW statement_timeout").fetchone() == ("5s",)
