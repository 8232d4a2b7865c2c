"""Giving batches up: whole, at once, and only what is in their hands still."""

from uuid import UUID, uuid4

import pytest

from ledger.connection import Connection
from ledger.finish import finish
from ledger.moves import Settlement
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    RETRIED,
    batches,
    intends,
    publish,
    row,
    running,
    running_together,
    state,
    take,
)


def test_a_job_that_somebody_holds_keeps_its_batch_until_the_next_look(
    ledger: Connection, another: Open, executor: UUID
) -> None:
    batch = uuid4()
    held, *rest = running_together(ledger, executor, 5, batch=batch)
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (held.id,))
        assert {found.id for found in take_over(ledger, [executor])} == {job.id for job in rest}
        assert set(batches(ledger)) == {batch}
    assert [found.id for found in take_over(ledger, [executor])] == [held.id]
    assert batches(ledger) == {}


def test_a_batch_that_somebody_is_giving_up_already_is_not_waited_for(
    ledger: Connection, another: Open, executor: UUID
) -> None:
    running_together(ledger, executor, 5)
    other = another()
    with other.transaction():
        assert len(take_over(other, [executor])) == 5
        assert take_over(ledger, [executor]) == []
    assert batches(ledger) == {}


@pytest.mark.parametrize("number", [2, 500])
def test_a_batch_that_was_lost_is_staged_whole_and_at_once(ledger: Connection, executor: UUID, number: int) -> None:
    """However often: which of them it was nobody can say, and in halves it will show."""
    jobs = {job.id for job in running_together(ledger, executor, number)}
    for crashes in (1, 2):
        taken = take_over(ledger, [executor])
        assert ({found.id for found in taken}, {found.state for found in taken}) == (jobs, {State.STAGED})
        found = ledger.execute("SELECT DISTINCT state, crashes, attempts, run_at <= now() FROM jobs").fetchall()
        assert found == [("staged", crashes, 0, True)]
        take(ledger, executor, *jobs, message=publish(ledger, *jobs))


def test_what_a_lost_batch_had_finished_stays_finished(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    done, *rest = running_together(ledger, executor, 5, batch=batch)
    finish(ledger, [Settlement(done.id, done.claim, ACCEPTED)], executor=executor, going_on=[batch])
    assert {found.id for found in take_over(ledger, [executor])} == {job.id for job in rest}
    assert (state(ledger, done.id), batches(ledger)) == (State.SUCCEEDED, {})


def test_of_a_lost_batch_only_what_was_past_its_point_of_no_return_is_in_doubt(
    ledger: Connection, executor: UUID
) -> None:
    before, past, after = running_together(ledger, executor, 3)
    intends(ledger, past.id, past.claim)
    take_over(ledger, [executor])
    assert [state(ledger, job.id) for job in (before, past, after)] == [State.STAGED, State.UNKNOWN, State.STAGED]


def test_a_batch_that_died_is_given_up_though_its_executor_lives_on(ledger: Connection, executor: UUID) -> None:
    dead, alive = uuid4(), uuid4()
    jobs = running_together(ledger, executor, 3, batch=dead)
    running_together(ledger, executor, 3, batch=alive)
    taken = take_over(ledger, [], died=[dead])
    assert {(found.id, found.event) for found in taken} == {(job.id, "lost") for job in jobs}
    assert set(batches(ledger)) == {alive}


def test_a_batch_none_of_whose_jobs_is_in_its_hands_any_more_is_cleared_away(
    ledger: Connection, executor: UUID
) -> None:
    job = running(ledger, executor)
    assert finish(ledger, [Settlement(job.id, job.claim, ACCEPTED)], executor=executor) == {job.id}
    assert len(batches(ledger)) == 1, "its executor died before it could say that this was all"
    assert take_over(ledger, [executor]) == []
    assert batches(ledger) == {}


def test_a_job_that_its_executor_has_claimed_anew_is_not_given_up_with_the_batch_it_was_in_before(
    ledger: Connection, executor: UUID
) -> None:
    """It failed, was due again at once, and came back to the same executor, while the rest of its first batch hangs."""
    first, second = uuid4(), uuid4()
    again, hanging = running_together(ledger, executor, 2, batch=first)
    finish(ledger, [Settlement(again.id, again.claim, RETRIED)], executor=executor, going_on=[first])
    publish(ledger, again.id)
    take(ledger, executor, again.id, batch=second)
    ledger.execute("UPDATE batches SET deadline = now() - interval '1 second' WHERE id = %s", (first,))
    assert [found.id for found in take_over(ledger, [])] == [hanging.id]
    assert (row(ledger, again.id)["state"], row(ledger, again.id)["crashes"]) == ("running", 0)
    assert set(batches(ledger)) == {second}
