"""Taking over: what a lost executor held becomes due again, unless nobody can tell whether it was done."""

from uuid import UUID, uuid4

from ledger.connection import Connection
from ledger.processes import leave
from ledger.reading import history
from ledger.states import State
from ledger.takeover import TakenOver, take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import (
    batches,
    due_in,
    intends,
    leased_ids,
    owed,
    publish,
    row,
    running,
    state,
    take,
)


def overrun(ledger: Connection, *jobs: UUID) -> None:
    """The batch of these jobs should have answered a second ago."""
    ledger.execute("UPDATE batches SET deadline = now() - interval '1 second' WHERE jobs && %s", (list(jobs),))


def test_a_job_of_an_executor_that_is_gone_is_staged_again_at_once(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert take_over(ledger, [executor]) == [TakenOver(job.id, job.kind, job.claim, State.STAGED, "lost")]
    assert leased_ids(ledger) == {job.id}


def test_a_job_of_an_executor_that_is_not_on_record_is_staged_again(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    leave(ledger, executor)
    assert [(found.id, found.event) for found in take_over(ledger, [])] == [(job.id, "lost")]


def test_a_job_whose_deadline_has_passed_is_staged_again_though_its_executor_lives(
    ledger: Connection, executor: UUID
) -> None:
    job = running(ledger, executor)
    overrun(ledger, job.id)
    assert [(found.id, found.event) for found in take_over(ledger, [])] == [(job.id, "overran")]


def test_a_job_in_good_hands_is_left_alone(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert take_over(ledger, []) == take_over(ledger, [uuid4()]) == []
    assert state(ledger, job.id) is State.RUNNING


def test_only_what_runs_can_be_taken_over(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    before = row(ledger, job.id)
    assert take_over(ledger, [executor]) == []
    assert row(ledger, job.id) == before


def test_it_spends_no_budget_and_keeps_the_claim_number(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    found = row(ledger, job.id)
    assert (found["claim"], found["settled"], found["attempts"], found["crashes"]) == (1, 0, 0, 1)
    assert (found["claimer"], batches(ledger)) == (None, {})


def test_pauses_grow_with_the_number_of_executors_lost_and_are_bounded(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    pauses = []
    for _ in range(12):
        take_over(ledger, [executor])
        pauses.append(round(due_in(ledger, job.id)))
        publish(ledger, job.id)
        take(ledger, executor, job.id)
    assert pauses == [0, 1, 3, 7, 15, 31, 63, 127, 255, 300, 300, 300]


def test_it_is_written_down_with_who_was_lost(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    last = history(ledger, job.id)[-1]
    assert (last.event, last.claim, last.worker, last.code) == ("lost", 1, executor, None)


def test_past_its_point_of_no_return_nobody_knows_and_a_person_decides(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor, owed(once=True))
    intends(ledger, job.id, job.claim)
    (taken,) = take_over(ledger, [executor])
    found = row(ledger, job.id)
    assert (taken.state, found["state"], found["error_code"]) == (State.UNKNOWN, "unknown", "worker_lost_in_doubt")
    assert found["finished_at"] is not None
    assert history(ledger, job.id)[-1].code == "worker_lost_in_doubt"
    assert ledger.execute("SELECT job_id FROM effects").fetchall() == [(job.id,)]


def test_doubt_is_resolved_by_doing_it_again_where_that_was_chosen(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor, owed(resend=True))
    intends(ledger, job.id, job.claim)
    (taken,) = take_over(ledger, [executor])
    assert taken.state is State.STAGED


def test_the_intent_of_an_earlier_claim_casts_no_doubt_on_the_next(ledger: Connection, executor: UUID) -> None:
    first = running(ledger, executor, owed(resend=True))
    intends(ledger, first.id, first.claim)
    take_over(ledger, [executor])
    ledger.execute("UPDATE jobs SET resend = false")
    publish(ledger, first.id)
    take(ledger, executor, first.id)
    (taken,) = take_over(ledger, [executor])
    assert taken.state is State.STAGED


def test_no_more_than_asked_for_is_taken_over_at_once(ledger: Connection, executor: UUID) -> None:
    for _ in range(5):
        running(ledger, executor)
    assert [len(take_over(ledger, [executor], most=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_a_job_whose_answer_is_being_written_is_not_waited_for(
    ledger: Connection, another: Open, executor: UUID
) -> None:
    job, rest = running(ledger, executor), running(ledger, executor)
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (job.id,))
        assert [found.id for found in take_over(ledger, [executor])] == [rest.id]
