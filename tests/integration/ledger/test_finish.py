"""Finishing: each claim answers once, a claim that was overtaken not at all, and all of it in one statement."""

from uuid import UUID, uuid4

import pytest

from ledger.connection import Connection
from ledger.finish import finish
from ledger.moves import Move, Settlement
from ledger.reading import history
from ledger.states import FINAL, State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    ANSWERS,
    DOUBTED,
    HANDED_BACK,
    REJECTED,
    RETRIED,
    SKIPPED,
    answer,
    batches,
    events,
    intends,
    owed,
    publish,
    queued,
    row,
    running,
    running_together,
    state,
    take,
)


def effects(ledger: Connection) -> list[UUID]:
    return [job for (job,) in ledger.execute("SELECT job_id FROM effects")]


@pytest.mark.parametrize("move", ANSWERS, ids=lambda move: move.event)
def test_an_answer_is_written_whole(ledger: Connection, executor: UUID, move: Move) -> None:
    job = running(ledger, executor)
    assert answer(ledger, job, move, executor=executor)
    found = row(ledger, job.id)
    assert (found["state"], found["error_code"], found["provider_id"]) == (move.state, move.code, move.provider_id)
    assert (found["attempts"], found["settled"]) == (move.spent, job.claim)
    assert (found["claimer"], found["tried"], batches(ledger)) == (None, move.state is State.RETRYING, {})
    assert (found["finished_at"] is not None) == (move.state in FINAL)


@pytest.mark.parametrize("move", ANSWERS, ids=lambda move: move.event)
def test_an_answer_leaves_one_line_of_history(ledger: Connection, executor: UUID, move: Move) -> None:
    job = running(ledger, executor)
    answer(ledger, job, move, executor=executor)
    last = history(ledger, job.id)[-1]
    assert events(ledger, job.id) == ["claimed", move.event]
    assert (last.claim, last.attempt, last.worker) == (job.claim, move.spent, executor)
    assert (last.code, last.provider_id) == (move.code, move.provider_id)


def test_a_retry_is_due_after_its_delay_by_the_databases_clock(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    answer(ledger, job, Move(State.RETRYING, "retried", delay=90, code="x"), executor=executor)
    (due_in,) = ledger.execute("SELECT extract(epoch FROM run_at - now()) FROM jobs").fetchone()
    assert 85 < due_in <= 90


def test_an_answer_given_twice_counts_once(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert answer(ledger, job, RETRIED, executor=executor)
    before = row(ledger, job.id)
    assert not answer(ledger, job, RETRIED, executor=executor)
    assert not answer(ledger, job, ACCEPTED, executor=executor)
    assert row(ledger, job.id) == before
    assert events(ledger, job.id) == ["claimed", "retried"]


def test_a_claim_that_was_overtaken_changes_nothing(ledger: Connection, executor: UUID) -> None:
    first = running(ledger, executor)
    take_over(ledger, [executor])
    publish(ledger, first.id)
    (second,) = take(ledger, executor, first.id)
    before = row(ledger, first.id)
    assert not answer(ledger, first, REJECTED, executor=executor)
    assert row(ledger, first.id) == before
    assert answer(ledger, second, ACCEPTED, executor=executor)


@pytest.mark.parametrize("again", [False, True], ids=["staged", "queued again"])
@pytest.mark.parametrize("move", ANSWERS, ids=lambda move: move.event)
def test_a_late_answer_counts_until_somebody_has_claimed_again(
    ledger: Connection, executor: UUID, move: Move, *, again: bool
) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    if again:
        publish(ledger, job.id)
    assert answer(ledger, job, move, executor=executor)
    assert state(ledger, job.id) is move.state
    assert take(ledger, executor, job.id) == [], "the message that was on the wire has nothing to claim"


@pytest.mark.parametrize("move", ANSWERS, ids=lambda move: move.event)
def test_a_late_answer_resolves_the_doubt_its_silence_left(ledger: Connection, executor: UUID, move: Move) -> None:
    job = running(ledger, executor, owed(once=True))
    intends(ledger, job.id, job.claim)
    take_over(ledger, [executor])
    assert state(ledger, job.id) is State.UNKNOWN
    assert answer(ledger, job, move, executor=executor)
    assert state(ledger, job.id) is move.state
    assert (effects(ledger) == [job.id]) == (move.state in {State.SUCCEEDED, State.UNKNOWN})


def test_a_doubt_that_the_provider_itself_left_is_resolved_by_a_person_alone(
    ledger: Connection, executor: UUID
) -> None:
    job = running(ledger, executor)
    answer(ledger, job, DOUBTED, executor=executor)
    assert not answer(ledger, job, ACCEPTED, executor=executor)
    assert state(ledger, job.id) is State.UNKNOWN


@pytest.mark.parametrize("word", ["cancelled", "discarded", "dead", "succeeded"])
def test_a_late_answer_changes_nothing_that_has_come_to_another_end(
    ledger: Connection, executor: UUID, word: str
) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    ledger.execute("UPDATE jobs SET state = %s, finished_at = now(), error_code = 'why'", (word,))
    assert not answer(ledger, job, ACCEPTED, executor=executor)
    assert state(ledger, job.id) == word


@pytest.mark.parametrize("wrong", [0, 2, -1, 2**31 - 1])
def test_a_claim_number_that_is_not_the_jobs_own_counts_for_nothing(
    ledger: Connection, executor: UUID, wrong: int
) -> None:
    job = running(ledger, executor)
    assert finish(ledger, [Settlement(job.id, wrong, ACCEPTED)], executor=executor) == set()
    assert state(ledger, job.id) is State.RUNNING


def test_an_answer_for_a_job_nobody_has_claimed_counts_for_nothing(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger)
    assert finish(ledger, [Settlement(job, 0, ACCEPTED)], executor=executor) == set()
    assert finish(ledger, [Settlement(uuid4(), 1, ACCEPTED)], executor=executor) == set()
    assert finish(ledger, [], executor=executor) == set()


def test_five_hundred_jobs_end_in_one_statement_each_in_its_own_way(ledger: Connection, executor: UUID) -> None:
    jobs = running_together(ledger, executor, 500)
    moves = [ANSWERS[i % len(ANSWERS)] for i in range(500)]
    fenced = {jobs[i].id for i in range(0, 500, 50)}
    settlements = [
        Settlement(job.id, job.claim + (job.id in fenced), move) for job, move in zip(jobs, moves, strict=True)
    ]
    counted = finish(ledger, settlements, executor=executor)
    assert counted == {job.id for job in jobs} - fenced
    for job, move in zip(jobs, moves, strict=True):
        expected = State.RUNNING if job.id in fenced else move.state
        assert state(ledger, job.id) is expected
    written = ledger.execute("SELECT count(*) FROM job_events WHERE event <> 'claimed'").fetchone()
    assert written == (490,)


def test_a_batch_may_mix_whole_and_broken_delays(ledger: Connection, executor: UUID) -> None:
    delays = (0, 1.5, None, 600)
    jobs = [running(ledger, executor) for _ in delays]
    moves = [Move(State.RETRYING, "retried", delay=delay, code="down") for delay in delays]
    settlements = [Settlement(job.id, job.claim, move) for job, move in zip(jobs, moves, strict=True)]
    assert len(finish(ledger, settlements, executor=executor)) == len(delays)


@pytest.mark.parametrize("move", [ACCEPTED, DOUBTED], ids=lambda move: move.event)
def test_what_must_happen_once_is_remembered_when_it_happened_or_may_have(
    ledger: Connection, executor: UUID, move: Move
) -> None:
    job = running(ledger, executor, owed(once=True))
    answer(ledger, job, move, executor=executor)
    assert effects(ledger) == [job.id]


@pytest.mark.parametrize("move", [REJECTED, SKIPPED, RETRIED, HANDED_BACK], ids=lambda move: move.event)
def test_what_did_not_happen_is_not_remembered(ledger: Connection, executor: UUID, move: Move) -> None:
    answer(ledger, running(ledger, executor, owed(once=True)), move, executor=executor)
    assert effects(ledger) == []


def test_what_may_happen_often_is_not_remembered_at_all(ledger: Connection, executor: UUID) -> None:
    answer(ledger, running(ledger, executor), ACCEPTED, executor=executor)
    assert effects(ledger) == []


def test_a_success_clears_the_reason_of_the_failure_before_it_and_keeps_the_providers_id(
    ledger: Connection, executor: UUID
) -> None:
    first = running(ledger, executor)
    answer(ledger, first, Move(State.RETRYING, "retried", delay=0, spent=1, code="down"), executor=executor)
    publish(ledger, first.id)
    (second,) = take(ledger, executor, first.id)
    answer(ledger, second, ACCEPTED, executor=executor)
    found = row(ledger, first.id)
    assert (found["error_code"], found["provider_id"], found["attempts"]) == (None, "p-1", 2)


def test_whoever_answers_has_survived_the_job(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    ledger.execute("UPDATE jobs SET crashes = 2")
    answer(ledger, job, RETRIED, executor=executor)
    assert row(ledger, job.id)["crashes"] == 0
