"""The end of a batch: each answer puts its deadline off, the last one closes it, and a late one brings nothing back."""

from uuid import UUID, uuid4

from ledger.connection import Connection
from ledger.finish import finish
from ledger.moves import Settlement
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    batches,
    running_together,
)


def deadline(ledger: Connection, batch: UUID) -> float:
    """In how many seconds the batch's next answer is due."""
    query = "SELECT extract(epoch FROM deadline - now())::float8 FROM batches WHERE id = %s"
    (left,) = ledger.execute(query, (batch,)).fetchone() or ()
    return float(left)


def test_each_answer_of_a_batch_puts_its_deadline_off_and_the_last_one_ends_it(
    ledger: Connection, executor: UUID
) -> None:
    mine, other = uuid4(), uuid4()
    first, last = running_together(ledger, executor, 2, batch=mine, time_limit=60)
    running_together(ledger, executor, 2, batch=other, time_limit=60)
    ledger.execute("UPDATE batches SET deadline = now() + interval '5 seconds'")
    finish(ledger, [Settlement(first.id, first.claim, ACCEPTED)], executor=executor, going_on=[mine])
    assert 55 < deadline(ledger, mine) <= 60
    assert deadline(ledger, other) <= 5, "which has said nothing"
    finish(ledger, [Settlement(last.id, last.claim, ACCEPTED)], executor=executor, closed=[mine])
    assert set(batches(ledger)) == {other}


def test_a_batch_that_goes_on_and_ends_in_one_breath_has_ended(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    jobs = running_together(ledger, executor, 2, batch=batch)
    answers = [Settlement(job.id, job.claim, ACCEPTED) for job in jobs]
    assert finish(ledger, answers, executor=executor, closed=[batch], going_on=[batch]) == {job.id for job in jobs}
    assert batches(ledger) == {}


def test_answers_of_many_batches_go_in_one_statement(ledger: Connection, executor: UUID) -> None:
    names = [uuid4() for _ in range(20)]
    jobs = [job for name in names for job in running_together(ledger, executor, 5, batch=name)]
    answers = [Settlement(job.id, job.claim, ACCEPTED) for job in jobs]
    assert len(finish(ledger, answers, executor=executor, closed=names[:10], going_on=names[10:])) == 100
    assert set(batches(ledger)) == set(names[10:])


def test_a_batch_that_was_given_up_is_not_brought_back_by_a_late_answer(ledger: Connection, executor: UUID) -> None:
    batch = uuid4()
    first, _ = running_together(ledger, executor, 2, batch=batch)
    take_over(ledger, [executor])
    late = [Settlement(first.id, first.claim, ACCEPTED)]
    assert finish(ledger, late, executor=executor, going_on=[batch]) == {first.id}
    assert batches(ledger) == {}
