"""What one message brought is one batch in the hands of one executor, and the message is on the wire no more."""

from uuid import UUID, uuid4

from ledger import circuits
from ledger.connection import Connection
from ledger.decisions import cancel
from ledger.states import State
from tests.integration.ledger.owed_jobs import (
    batches,
    enrol,
    on_the_wire,
    owed,
    publish,
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
