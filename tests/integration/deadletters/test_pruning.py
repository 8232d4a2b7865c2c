"""Forgetting: what ended well goes with its history when it is old enough, a little at a time, and nothing else does."""

from datetime import timedelta

import pytest

from ledger import audit
from ledger.connection import Connection
from ledger.decisions import Verb
from ledger.pruning import SLICE, prune
from ledger.states import State
from tests.integration.deadletters.conftest import Open
from tests.integration.deadletters.standing import dead, many_dead, standing
from tests.integration.ledger.owed_jobs import ACCEPTED, answer, enrol, events, owed, running

MONTH = timedelta(days=30)
FORGOTTEN = {State.SUCCEEDED, State.SKIPPED, State.CANCELLED, State.DISCARDED}


def grow_old(ledger: Connection, days: int = 31) -> None:
    ledger.execute(
        "UPDATE jobs SET created_at = created_at - make_interval(days => %(days)s), "
        "finished_at = finished_at - make_interval(days => %(days)s)",
        {"days": days},
    )


def number(ledger: Connection, table: str = "jobs") -> int:
    (found,) = ledger.execute(f"SELECT count(*) FROM {table}").fetchone() or ()  # noqa: S608  # our own names
    return int(found)


def blocks(ledger: Connection) -> int:
    (found,) = ledger.execute("SELECT pg_relation_size('jobs') / 8192").fetchone() or ()
    return int(found)


def rounds(ledger: Connection, count: int = 1, **options: int) -> int:
    """Walk the whole table so many times; returns how many jobs have gone."""
    calls = count * (blocks(ledger) // options.get("blocks", SLICE) + 1)
    return sum(prune(ledger, after=MONTH, **options).pruned for _ in range(calls))


@pytest.mark.parametrize("state", State)
def test_what_ended_well_is_forgotten_and_what_waits_or_is_owed_is_kept(ledger: Connection, state: State) -> None:
    job = standing(ledger, state)
    history = events(ledger, job)
    grow_old(ledger)
    pruned = rounds(ledger)
    if state in FORGOTTEN:
        assert (pruned, number(ledger), events(ledger, job)) == (1, 0, [])
    else:
        assert (pruned, number(ledger), events(ledger, job)) == (0, 1, history)


@pytest.mark.parametrize(("days", "kept"), [(29, 1), (31, 0)])
def test_the_age_counts_from_the_end(ledger: Connection, days: int, kept: int) -> None:
    standing(ledger, State.SUCCEEDED)
    ledger.execute("UPDATE jobs SET created_at = created_at - interval '90 days'")
    grow_old(ledger, days)
    rounds(ledger)
    assert number(ledger) == kept


def test_only_the_forgotten_jobs_histories_go(ledger: Connection) -> None:
    standing(ledger, State.SUCCEEDED)
    grow_old(ledger)
    young = standing(ledger, State.SUCCEEDED)
    rounds(ledger)
    assert events(ledger, young) == ["claimed", "succeeded"]
    assert number(ledger, "job_events") == 2


def test_an_effect_that_must_not_be_repeated_is_remembered_for_longer(ledger: Connection) -> None:
    executor = enrol(ledger)
    claimed = running(ledger, executor, owed(once=True))
    assert answer(ledger, claimed, ACCEPTED, executor=executor)
    grow_old(ledger)
    assert rounds(ledger) == 1
    assert number(ledger, "effects") == 1


def test_the_audit_outlives_the_job(ledger: Connection) -> None:
    job = dead(ledger)
    audit.decide_as(ledger, "ada", Verb.DISCARD, job)
    grow_old(ledger)
    assert rounds(ledger) == 1
    assert [entry.job_id for entry in audit.page(ledger, limit=5).entries] == [job]


def test_it_goes_in_small_batches_and_misses_none(ledger: Connection) -> None:
    many_dead(ledger, 1_000)
    ledger.execute("UPDATE jobs SET state = 'discarded'")
    ledger.execute("INSERT INTO job_events (job_id, event, claim, attempt) SELECT id, 'discarded', 1, 1 FROM jobs")
    many_dead(ledger, 100)
    grow_old(ledger)
    gone = []
    while number(ledger) > 100:
        gone.append(prune(ledger, after=MONTH, most=64, blocks=4).pruned)
        assert gone[-1] <= 64
        assert len(gone) < 200
    assert sum(gone) == 1_000
    assert number(ledger, "job_events") == 0
    assert ledger.execute("SELECT DISTINCT state FROM jobs").fetchall() == [("dead",)]


def test_a_slice_that_holds_more_than_one_batch_is_gone_through_before_the_next(ledger: Connection) -> None:
    many_dead(ledger, 1_000)
    ledger.execute("UPDATE jobs SET state = 'discarded'")
    grow_old(ledger)
    ledger.execute("VACUUM FULL jobs")
    ids = [job for (job,) in ledger.execute("SELECT id FROM jobs ORDER BY ctid").fetchall()]
    assert [prune(ledger, after=MONTH, most=40, blocks=8).pruned for _ in range(2)] == [40, 40]
    assert [job for (job,) in ledger.execute("SELECT id FROM jobs ORDER BY ctid").fetchall()] == ids[80:]


def test_after_the_end_it_begins_anew(ledger: Connection) -> None:
    many_dead(ledger, 500)
    assert rounds(ledger, 3, blocks=2) == 0
    standing(ledger, State.SUCCEEDED)
    grow_old(ledger)
    assert rounds(ledger, 1, blocks=2) == 1


def test_several_may_prune_at_once_and_one_at_a_time_gets_through(ledger: Connection, another: Open) -> None:
    for _ in range(3):
        standing(ledger, State.SUCCEEDED)
    grow_old(ledger)
    with ledger.transaction():
        assert prune(ledger, after=MONTH).pruned == 3
        assert prune(another(), after=MONTH).pruned == 0
    assert number(ledger) == 0


def test_a_job_that_somebody_holds_is_left_for_the_next_round(ledger: Connection, another: Open) -> None:
    job = standing(ledger, State.SUCCEEDED)
    grow_old(ledger)
    holder = another()
    with holder.transaction():
        holder.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (job,))
        assert rounds(ledger) == 0
    assert rounds(ledger) == 1


def test_one_call_reads_its_slice_and_not_the_table(ledger: Connection) -> None:
    many_dead(ledger, 2_000)
    plan = ledger.execute(
        "EXPLAIN SELECT id FROM jobs WHERE ctid >= '(0,0)'::tid AND ctid < '(8,0)'::tid AND state = 'discarded'",
    ).fetchall()
    assert "Tid Range Scan" in str(plan)
