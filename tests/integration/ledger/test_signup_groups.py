"""Several sign-ups in one statement: all of them or none, and otherwise as if they had come one by one."""

import time

import psycopg
import pytest
from psycopg.errors import LockNotAvailable

from ledger.connection import Connection
from ledger.owed import Owed
from ledger.signups import Wanted, record_all
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import owed, row
from tests.integration.ledger.test_signups import counts


def wanted(address: str, *jobs: Owed, name: str | None = None) -> Wanted:
    return Wanted("signup.completed", address, name, None, jobs or (owed("a"), owed("b", "email")))


def test_each_gets_its_own_in_the_order_given(ledger: Connection) -> None:
    people = ["zoe@b.example", "ann@b.example", "mia@b.example"]
    taken = record_all(ledger, [wanted(address) for address in people])
    found = """SELECT address FROM signups JOIN subscribers ON subscribers.id = subscriber_id WHERE signups.id = %s"""
    assert [ledger.execute(found, (one.id,)).fetchone() for one in taken] == [(address,) for address in people]
    for one in taken:
        (fact,) = ledger.execute("SELECT id FROM facts WHERE signup_id = %s", (one.id,)).fetchone()
        assert [(row(ledger, job.id)["signup_id"], row(ledger, job.id)["fact_id"]) for job in one.jobs] == [
            (one.id, fact)
        ] * 2
    assert counts(ledger) == {"subscribers": 3, "signups": 3, "facts": 3, "jobs": 6}


def test_one_address_twice_is_one_person_with_the_name_first_given_and_jobs_in_order(ledger: Connection) -> None:
    first, _, again = record_all(
        ledger,
        [wanted("ann@b.example", name="Ann"), wanted("bob@b.example"), wanted("ann@b.example", name="Eve")],
    )
    assert counts(ledger) == {"subscribers": 2, "signups": 3, "facts": 3, "jobs": 6}
    assert ledger.execute("SELECT name FROM subscribers WHERE address = 'ann@b.example'").fetchone() == ("Ann",)
    early, late = row(ledger, first.jobs[0].id), row(ledger, again.jobs[0].id)
    assert early["order_key"] == late["order_key"]
    assert early["seq"] < late["seq"]


def test_some_may_owe_nothing(ledger: Connection) -> None:
    none, some = record_all(
        ledger,
        [Wanted("f", "ann@b.example", None, None, ()), wanted("bob@b.example", owed("a"))],
    )
    assert (len(none.jobs), len(some.jobs)) == (0, 1)
    assert counts(ledger) == {"subscribers": 2, "signups": 2, "facts": 2, "jobs": 1}


@pytest.mark.parametrize("bad", ["x" * 255, "nul\x00@b.example"])
def test_one_that_cannot_be_stored_leaves_nothing_of_anybody(ledger: Connection, bad: str) -> None:
    with pytest.raises(psycopg.Error):
        record_all(ledger, [wanted("ann@b.example"), wanted(bad)])
    assert set(counts(ledger).values()) == {0}


def test_a_person_whose_row_is_held_is_not_waited_for_longer_than_said(ledger: Connection, another: Open) -> None:
    record_all(ledger, [wanted("ann@b.example")])
    before, holder = counts(ledger), another()
    with holder.transaction():
        holder.execute("SELECT FROM subscribers FOR UPDATE")
        began = time.monotonic()
        with pytest.raises(LockNotAvailable):
            record_all(ledger, [wanted("bob@b.example"), wanted("ann@b.example")], lock_wait_s=0.1)
        assert time.monotonic() - began < 3
        assert counts(ledger) == before
    assert ledger.execute("SHOW lock_timeout").fetchone() == ("0",), "it was for that statement alone"
    record_all(ledger, [wanted("bob@b.example"), wanted("ann@b.example")], lock_wait_s=0.1)
    assert counts(ledger)["signups"] == 3


def test_what_comes_later_has_ids_that_sort_behind(ledger: Connection) -> None:
    (early,) = record_all(ledger, [wanted("ann@b.example")])
    ledger.execute("SELECT pg_sleep(0.002)")  # an id counts milliseconds
    (late,) = record_all(ledger, [wanted("bob@b.example")])
    assert max(early.id, *(job.id for job in early.jobs)) < min(late.id, *(job.id for job in late.jobs))
    assert {early.id.version, early.id.variant} == {7, "specified in RFC 4122"}
