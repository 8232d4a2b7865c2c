"""Claiming: one winner for each job, however often and by however many it is asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from ledger.claim import claimed_already, intend
from ledger.connection import Connection
from ledger.reading import history
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    DOUBTED,
    REJECTED,
    answer,
    enrol,
    intends,
    owed,
    publish,
    queued,
    row,
    running,
    running_together,
    sign_up,
    state,
    take,
)


def test_a_claim_takes_the_job_under_a_new_number_with_a_deadline(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger, owed(time_limit=30))
    (taken,) = take(ledger, executor, job)
    found = row(ledger, job)
    assert (taken.claim, found["claim"], found["claimer"], found["state"]) == (1, 1, executor, "running")
    (left,) = ledger.execute("SELECT extract(epoch FROM deadline - now()) FROM batches").fetchone()
    assert 29 < left <= 30


def test_it_is_written_down_with_the_message_that_carried_it(ledger: Connection, executor: UUID) -> None:
    job, message = queued(ledger), uuid4()
    take(ledger, executor, job, message=message)
    (event,) = history(ledger, job)
    assert (event.event, event.claim, event.worker, event.message_id) == ("claimed", 1, executor, message)


def test_a_message_delivered_twice_claims_nothing_the_second_time(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger)
    assert len(take(ledger, executor, job)) == 1
    assert take(ledger, executor, job) == []
    assert row(ledger, job)["claim"] == 1


def test_of_twenty_who_claim_at_once_one_wins(ledger: Connection, another: Open) -> None:
    job = queued(ledger)
    executors = [(another(), enrol(ledger)) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        wins = list(threads.map(lambda one: len(take(one[0], one[1], job)), executors))
    assert sorted(wins) == [0] * 19 + [1]
    assert row(ledger, job)["claim"] == 1
    assert row(ledger, job)["claimer"] == executors[wins.index(1)][1]


def test_overlapping_batches_claimed_at_once_share_the_jobs_out_without_a_deadlock(
    ledger: Connection, another: Open
) -> None:
    jobs = [queued(ledger) for _ in range(40)]
    executors = [(another(), enrol(ledger), jobs[::step]) for step in (1, -1, 1, -1, 1, -1)]
    with ThreadPoolExecutor(6) as threads:
        wins = list(threads.map(lambda one: [job.id for job in take(one[0], one[1], *one[2])], executors))
    assert sorted(job for won in wins for job in won) == sorted(jobs)


@pytest.mark.parametrize("word", ["staged", "retrying"])
def test_what_is_not_queued_cannot_be_claimed(ledger: Connection, executor: UUID, word: str) -> None:
    (job,) = sign_up(ledger)
    ledger.execute("UPDATE jobs SET state = %s", (word,))
    assert take(ledger, executor, job) == []
    assert state(ledger, job) == word


@pytest.mark.parametrize("word", ["succeeded", "skipped", "unknown", "dead", "cancelled", "discarded"])
def test_what_is_finished_cannot_be_claimed(ledger: Connection, executor: UUID, word: str) -> None:
    (job,) = sign_up(ledger)
    ledger.execute("UPDATE jobs SET state = %s, finished_at = now(), error_code = 'why'", (word,))
    assert take(ledger, executor, job) == []
    assert row(ledger, job)["claim"] == 0


def test_a_message_for_another_kind_claims_nothing(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger)
    assert take(ledger, executor, job, kind="another.kind") == []
    assert state(ledger, job) is State.QUEUED


def test_a_message_about_a_job_that_is_not_there_claims_nothing(ledger: Connection, executor: UUID) -> None:
    assert take(ledger, executor, uuid4()) == []
    assert take(ledger, executor) == []


def test_it_comes_with_the_person_as_they_are_now_and_what_the_job_was_told(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger, owed(payload={"locale": "de"}, max_retries=5, resend=True), address="ann@b.example")
    ledger.execute("UPDATE subscribers SET name = 'Ann, renamed', locale = 'fr'")
    (taken,) = take(ledger, executor, job)
    assert (taken.address, taken.name, taken.locale) == ("ann@b.example", "Ann, renamed", "fr")
    assert (taken.payload, taken.max_retries, taken.resend) == ({"locale": "de"}, 5, True)
    assert 3_590 < taken.budget_left <= 3_600


def test_what_must_happen_once_is_found_done_when_another_job_has_had_the_effect(
    ledger: Connection, executor: UUID
) -> None:
    once = owed(once=True)
    first = running(ledger, executor, once, address="ann@b.example")
    assert not first.done_before
    answer(ledger, first, ACCEPTED, executor=executor)
    assert running(ledger, executor, once, address="ann@b.example").done_before
    assert not running(ledger, executor, once, address="bob@b.example").done_before


def test_a_replay_of_the_very_job_that_had_the_effect_is_not_held_up_by_itself(
    ledger: Connection, executor: UUID
) -> None:
    first = running(ledger, executor, owed(once=True))
    answer(ledger, first, DOUBTED, executor=executor)
    publish(ledger, first.id)
    (again,) = take(ledger, executor, first.id)
    assert not again.done_before


def test_what_did_not_happen_is_not_remembered(ledger: Connection, executor: UUID) -> None:
    first = running(ledger, executor, owed(once=True), address="ann@b.example")
    answer(ledger, first, REJECTED, executor=executor)
    assert not running(ledger, executor, owed(once=True), address="ann@b.example").done_before


def test_the_point_of_no_return_is_recorded_for_the_current_claim_alone(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert not intends(ledger, job.id, job.claim + 1)
    assert not intends(ledger, uuid4(), job.claim)
    assert intends(ledger, job.id, job.claim)
    assert row(ledger, job.id)["intent"] == job.claim


def test_of_many_who_ask_at_once_those_that_may_are_named(ledger: Connection, executor: UUID) -> None:
    jobs = running_together(ledger, executor, 50)
    overtaken = {job.id for job in jobs[::5]}
    ledger.execute("UPDATE jobs SET claim = claim + 1 WHERE id = ANY(%s)", (list(overtaken),))
    may = {(job.id, job.claim) for job in jobs if job.id not in overtaken}
    assert intend(ledger, [(job.id, job.claim) for job in jobs]) == may
    passed = ledger.execute("SELECT id FROM jobs WHERE intent = claim").fetchall()
    assert {job for (job,) in passed} == {job for job, _ in may}


def test_a_claim_that_was_given_up_must_not_pass_its_point_of_no_return(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    take_over(ledger, [executor])
    assert not intends(ledger, job.id, job.claim)
    publish(ledger, job.id)
    take(ledger, executor, job.id)
    assert not intends(ledger, job.id, job.claim)
    assert row(ledger, job.id)["intent"] == 0


def test_the_next_claim_is_told_that_an_earlier_one_never_answered(ledger: Connection, executor: UUID) -> None:
    first = running(ledger, executor, owed(resend=True))
    assert not first.intended_before
    intends(ledger, first.id, first.claim)
    publish(ledger, first.id)
    (second,) = take(ledger, executor, first.id)
    assert (second.claim, second.intended_before) == (2, True)


def test_claims_can_be_looked_up_again_for_another_process_while_they_stand(ledger: Connection, executor: UUID) -> None:
    jobs = running_together(ledger, executor, 3)
    claims = {job.id: job.claim for job in jobs}
    timeless = [replace(job, budget_left=0) for job in jobs]
    assert all(replace(job, budget_left=0) in timeless for job in claimed_already(ledger, claims))
    assert {job.id for job in claimed_already(ledger, claims)} == set(claims)
    assert claimed_already(ledger, {job: number + 1 for job, number in claims.items()}) == []
    answer(ledger, jobs[0], ACCEPTED, executor=executor)
    assert {job.id for job in claimed_already(ledger, claims)} == {job.id for job in jobs[1:]}
