"""Handing back: an executor that stops gives up at once what is before its point of no return, and nothing else."""

from uuid import UUID, uuid4

import pytest

from ledger.connection import Connection
from ledger.finish import finish
from ledger.handback import hand_back
from ledger.moves import Settlement
from ledger.processes import leave
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    answer,
    batches,
    enrol,
    events,
    intends,
    leased_ids,
    row,
    running,
    running_together,
    state,
)


@pytest.mark.parametrize("past", [False, True])
def test_what_is_before_its_point_of_no_return_goes_back_and_spends_nothing(
    ledger: Connection, executor: UUID, *, past: bool
) -> None:
    job, others = running(ledger, executor), running(ledger, enrol(ledger))
    if past:
        intends(ledger, job.id, job.claim)
    assert hand_back(ledger, [executor]) == (0 if past else 1)
    assert state(ledger, job.id) is (State.RUNNING if past else State.STAGED)
    assert state(ledger, others.id) is State.RUNNING
    found = row(ledger, job.id)
    assert (found["attempts"], found["crashes"], found["claim"]) == (0, 0, 1)
    assert events(ledger, job.id) == (["claimed"] if past else ["claimed", "handed_back"])


def test_what_is_past_it_keeps_its_batch_until_its_executor_has_left(ledger: Connection, executor: UUID) -> None:
    kept, gone = uuid4(), uuid4()
    before, past, _ = running_together(ledger, executor, 3, batch=kept)
    running_together(ledger, executor, 3, batch=gone)
    intends(ledger, past.id, past.claim)
    assert hand_back(ledger, [executor]) == 5
    assert (set(batches(ledger)), state(ledger, before.id)) == ({kept}, State.STAGED)
    leave(ledger, executor)
    assert [(found.id, found.state) for found in take_over(ledger, [])] == [(past.id, State.UNKNOWN)]
    assert batches(ledger) == {}


def test_all_that_goes_back_is_due_at_once(ledger: Connection, executor: UUID) -> None:
    jobs = {job.id for job in running_together(ledger, executor, 500)}
    assert hand_back(ledger, [executor]) == 500
    assert batches(ledger) == {}
    assert leased_ids(ledger, batch=500) == jobs


def test_what_has_been_answered_stays_answered(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    done, _ = running_together(ledger, executor, 2, batch=batch)
    finish(ledger, [Settlement(done.id, done.claim, ACCEPTED)], executor=executor, going_on=[batch])
    assert hand_back(ledger, [executor]) == 1
    assert (state(ledger, done.id), batches(ledger)) == (State.SUCCEEDED, {})


def test_an_answer_that_comes_after_all_counts_until_somebody_claims_again(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    hand_back(ledger, [executor])
    assert answer(ledger, job, ACCEPTED, executor=executor)
    assert state(ledger, job.id) is State.SUCCEEDED


def test_who_holds_nothing_hands_nothing_back(ledger: Connection, executor: UUID) -> None:
    running(ledger, enrol(ledger))
    assert hand_back(ledger, [executor]) == hand_back(ledger, []) == 0
    assert len(batches(ledger)) == 1
