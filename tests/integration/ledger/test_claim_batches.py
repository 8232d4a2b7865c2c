"""What one message brought is one batch in the hands of one executor, and the message is on the wire no more."""

from uuid import UUID, uuid4

from ledger import circuits
from ledger.claim import claimed_in
from ledger.connection import Connection
from ledger.decisions import cancel
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import (
    batches,
    enrol,
    on_the_wire,
    owed,
    publish,
    queued,
    running_together,
    sign_up,
    state,
    take,
)


def test_what_one_message_brought_is_one_batch_with_one_deadline(ledger: Connection, executor: UUID) -> None:
    slow, quick = (sign_up(ledger, owed(time_limit=limit))[0] for limit in (90, 30))
    message, batch = publish(ledger, slow, quick), uuid4()
    assert {job.id for job in take(ledger, executor, slow, quick, message=message, batch=batch)} == {slow, quick}
    found = ledger.execute(
        "SELECT id, executor, queue, provider, time_limit, extract(epoch FROM deadline - now()) FROM batches"
    ).fetchall()
    ((*what, limit, left),) = found
    assert (what, limit) == ([batch, executor, "newsletter", "newsletter"], 90)
    assert 89 < left <= 90
    assert sorted(batches(ledger)[batch]) == sorted([slow, quick])


def test_a_message_that_was_claimed_is_on_the_wire_no_more(ledger: Connection, executor: UUID) -> None:
    mine, other = ([sign_up(ledger)[0] for _ in range(2)] for _ in range(2))
    message, still = publish(ledger, *mine), publish(ledger, *other)
    take(ledger, executor, *mine, message=message)
    assert list(on_the_wire(ledger)) == [still]


def test_a_batch_is_what_could_be_claimed_and_not_what_was_asked_for(ledger: Connection, executor: UUID) -> None:
    jobs = [sign_up(ledger)[0] for _ in range(4)]
    message = publish(ledger, *jobs)
    cancel(ledger, jobs[:2])
    assert {job.id for job in take(ledger, executor, *jobs, message=message)} == set(jobs[2:])
    ((_, held),) = batches(ledger).items()
    assert sorted(held) == sorted(jobs[2:])


def test_where_nothing_could_be_claimed_there_is_no_batch(ledger: Connection, executor: UUID) -> None:
    message = publish(ledger, *(jobs := [sign_up(ledger)[0] for _ in range(3)]))
    take(ledger, executor, *jobs, message=message)
    before = batches(ledger)
    assert take(ledger, enrol(ledger), *jobs, message=message) == []
    assert batches(ledger) == before


def test_what_an_open_circuit_holds_back_is_in_no_batch_and_on_no_wire(ledger: Connection, executor: UUID) -> None:
    message = publish(ledger, *(jobs := [sign_up(ledger)[0] for _ in range(3)]))
    circuits.failed(ledger, "newsletter", code="down", job=uuid4(), at_once=True)
    assert take(ledger, executor, *jobs, message=message) == []
    assert (batches(ledger), on_the_wire(ledger)) == ({}, {})
    assert {state(ledger, job) for job in jobs} == {State.STAGED}


def test_what_a_batch_holds_is_found_again_as_it_was_claimed_and_has_its_time_anew(
    ledger: Connection, executor: UUID
) -> None:
    batch = uuid4()
    taken = {job.id: job.claim for job in running_together(ledger, executor, 3, batch=batch, time_limit=90.0)}
    ledger.execute("UPDATE batches SET deadline = now() + interval '1 second'")
    assert {job.id: job.claim for job in claimed_in(ledger, batch)} == taken
    ((left,),) = ledger.execute("SELECT extract(epoch FROM deadline - now()) FROM batches").fetchall()
    assert 80 < left <= 90


def test_a_batch_that_was_given_up_or_never_was_holds_nothing(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    running_together(ledger, executor, 3, batch=batch)
    take_over(ledger, [executor])
    assert claimed_in(ledger, batch) == claimed_in(ledger, uuid4()) == []


def test_what_was_given_up_and_came_back_to_the_same_executor_is_its_later_batchs(
    ledger: Connection, another: Open, executor: UUID
) -> None:
    first, second = uuid4(), uuid4()
    held, *rest = running_together(ledger, executor, 3, batch=first)
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (held.id,))
        take_over(ledger, [executor])
    again = [job.id for job in rest]
    take(ledger, executor, *again, message=publish(ledger, *again), batch=second)
    assert [job.id for job in claimed_in(ledger, first)] == [held.id]
    assert {job.id for job in claimed_in(ledger, second)} == set(again)


def test_what_a_second_try_claims_joins_what_the_first_has_claimed(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    first = [job.id for job in running_together(ledger, executor, 2, batch=batch)]
    late = queued(ledger)
    assert [job.id for job in take(ledger, executor, *first, late, batch=batch)] == [late]
    assert {job.id for job in claimed_in(ledger, batch)} == {*first, late}
