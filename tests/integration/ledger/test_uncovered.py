"""The net under the net: what is in flight and watched by nobody is watched or due again, and everything else is left alone."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.connection import Connection
from ledger.pruning import Walked, prune
from ledger.states import State
from ledger.takeover import take_over
from ledger.uncovered import mend_uncovered
from tests.integration.ledger.invariants import unwatched
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    answer,
    batches,
    events,
    intends,
    leased_ids,
    owed,
    publish,
    queued,
    row,
    running,
    running_together,
    sign_up,
    state,
)

EVERYTHING = 10**6


def mend(ledger: Connection) -> list[UUID]:
    return mend_uncovered(ledger, block=0, blocks=EVERYTHING)


def test_a_queued_job_that_no_message_names_is_due_again(ledger: Connection) -> None:
    job = queued(ledger)
    ledger.execute("DELETE FROM messages")
    assert mend(ledger) == [job]
    assert (state(ledger, job), events(ledger, job)) == (State.STAGED, [])
    assert leased_ids(ledger) == {job}


def test_a_running_job_that_is_in_no_batch_gets_one_and_may_still_answer(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor, owed(time_limit=45))
    ledger.execute("DELETE FROM batches")
    assert mend(ledger) == [job.id]
    assert (state(ledger, job.id), row(ledger, job.id)["claimer"]) == (State.RUNNING, executor)
    left = ledger.execute("SELECT executor, jobs, extract(epoch FROM deadline - now()) FROM batches").fetchall()
    ((whose, jobs, seconds),) = left
    assert (whose, jobs) == (executor, [job.id])
    assert 44 < seconds <= 45
    assert answer(ledger, job, ACCEPTED, executor=executor)
    assert (state(ledger, job.id), batches(ledger)) == (State.SUCCEEDED, {})


@pytest.mark.parametrize("past", [False, True])
def test_once_watched_again_it_is_taken_over_as_any_other(ledger: Connection, executor: UUID, *, past: bool) -> None:
    job = running(ledger, executor)
    if past:
        intends(ledger, job.id, job.claim)
    ledger.execute("DELETE FROM batches")
    mend(ledger)
    take_over(ledger, [executor])
    assert state(ledger, job.id) is (State.UNKNOWN if past else State.STAGED)


def test_what_is_watched_or_not_in_flight_is_left_as_it_is(ledger: Connection, executor: UUID) -> None:
    jobs = [sign_up(ledger)[0], queued(ledger), running(ledger, executor).id]
    jobs += [job.id for job in running_together(ledger, executor, 5)]
    publish(ledger, *(together := [sign_up(ledger)[0] for _ in range(5)]))
    done = running(ledger, executor)
    answer(ledger, done, ACCEPTED, executor=executor)
    before = [row(ledger, job) for job in (*jobs, *together, done.id)]
    assert mend(ledger) == []
    assert [row(ledger, job) for job in (*jobs, *together, done.id)] == before


def test_of_many_only_what_is_not_named_is_found(ledger: Connection, executor: UUID) -> None:
    covered = running_together(ledger, executor, 3)
    lost = [running(ledger, executor).id for _ in range(3)]
    ledger.execute("DELETE FROM batches WHERE jobs && %s", (lost,))
    assert sorted(mend(ledger)) == sorted(lost)
    assert unwatched(ledger) == set()
    assert {state(ledger, job.id) for job in covered} == {State.RUNNING}
    assert mend(ledger) == []


def test_only_the_slice_that_was_asked_for_is_looked_at(ledger: Connection) -> None:
    queued(ledger)
    ledger.execute("DELETE FROM messages")
    assert mend_uncovered(ledger, block=1, blocks=EVERYTHING) == []
    assert len(mend_uncovered(ledger, block=0, blocks=1)) == 1


def test_the_walk_of_pruning_comes_across_it_and_says_how_many(ledger: Connection) -> None:
    for _ in range(3):
        queued(ledger)
    ledger.execute("DELETE FROM messages")
    assert prune(ledger, after=timedelta(days=30)) == Walked(pruned=0, uncovered=3)
    assert unwatched(ledger) == set()
