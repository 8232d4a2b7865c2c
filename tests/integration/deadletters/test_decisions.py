"""Retry, discard, cancel: what each does to a job in each state, and what it leaves alone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import dict_row

from ledger.connection import Connection
from ledger.decisions import ALLOWED, Decision, Verb, cancel, decide, discard, retry
from ledger.finish import finish
from ledger.moves import Move, Settlement
from ledger.states import MOVES, State
from tests.integration.deadletters.conftest import Open
from tests.integration.deadletters.standing import dead, died, lost_in_doubt, standing
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    answer,
    events,
    leased_ids,
    queued,
    row,
    running,
    sign_up,
    state,
    take,
)

TARGET = {Verb.RETRY: State.STAGED, Verb.DISCARD: State.DISCARDED, Verb.CANCEL: State.CANCELLED}
EVENT = {Verb.RETRY: "replayed", Verb.DISCARD: "discarded", Verb.CANCEL: "cancelled"}
MAY = {
    Verb.RETRY: {State.DEAD, State.UNKNOWN},
    Verb.DISCARD: {State.DEAD, State.UNKNOWN},
    Verb.CANCEL: {State.STAGED, State.QUEUED, State.RETRYING},
}
"""Written out here, because a table that is tested against itself proves nothing."""


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("verb", Verb)
def test_a_verb_moves_a_job_where_it_may_and_changes_nothing_where_it_may_not(
    ledger: Connection,
    verb: Verb,
    before: State,
) -> None:
    job = standing(ledger, before)
    as_it_was, history = row(ledger, job), events(ledger, job)
    (decision,) = decide(ledger, verb, [job])
    assert decision == Decision(job, before, moved=before in MAY[verb])
    if decision.moved:
        assert state(ledger, job) is TARGET[verb]
        assert events(ledger, job) == [*history, EVENT[verb]]
    else:
        assert row(ledger, job) == as_it_was
        assert events(ledger, job) == history


def test_what_the_verbs_allow_is_in_the_one_table_of_moves() -> None:
    assert ALLOWED == MAY
    assert all(TARGET[verb] in MOVES[before] for verb in Verb for before in MAY[verb])


@pytest.mark.parametrize("before", [State.DEAD, State.UNKNOWN])
def test_a_replay_begins_anew_and_leaves_the_fence_and_the_id(ledger: Connection, before: State) -> None:
    job = standing(ledger, before)
    ledger.execute("UPDATE jobs SET crashes = 2, intent = claim WHERE id = %s", (job,))
    was = row(ledger, job)
    retry(ledger, [job])
    now = row(ledger, job)
    assert (now["attempts"], now["crashes"], now["error_code"], now["finished_at"]) == (0, 0, None, None)
    for name in ("id", "seq", "order_key", "claim", "settled", "intent", "payload", "once_key", "created_at"):
        assert now[name] == was[name], name
    assert leased_ids(ledger) == {job}


@pytest.mark.parametrize("times", [1, 2, 3])
def test_every_replay_has_a_budget_as_long_as_the_first(ledger: Connection, executor: UUID, times: int) -> None:
    job = dead(ledger, max_age=3_600.0)
    ledger.execute(
        "UPDATE jobs SET created_at = created_at - interval '9 days', give_up_at = give_up_at - interval '9 days'"
    )
    for _ in range(times):
        retry(ledger, [job])
        (budget,) = ledger.execute("SELECT give_up_at - now() FROM jobs").fetchone() or ()
        assert timedelta(minutes=59) < budget <= timedelta(hours=1)
        ledger.execute(
            "UPDATE jobs SET replayed_at = replayed_at - interval '2 days', give_up_at = give_up_at - interval '2 days'"
        )
        assert leased_ids(ledger) == {job}
        (claimed,) = take(ledger, executor, job)
        assert answer(ledger, claimed, died(), executor=executor)


def test_a_replay_does_not_come_before_what_the_provider_asked_for(ledger: Connection) -> None:
    job = standing(ledger, State.DEAD)
    ledger.execute("UPDATE jobs SET not_before = now() + interval '1 hour'")
    retry(ledger, [job])
    assert row(ledger, job)["run_at"] == row(ledger, job)["not_before"]
    assert leased_ids(ledger) == set()


def test_the_history_says_what_the_job_had_behind_it_when_it_was_replayed(ledger: Connection) -> None:
    job = dead(ledger, code="email_refused_550")
    retry(ledger, [job])
    with ledger.cursor(row_factory=dict_row) as cursor:
        lines = cursor.execute("SELECT event, claim, attempt, code FROM job_events ORDER BY id").fetchall()
    assert lines == [
        {"event": "claimed", "claim": 1, "attempt": 0, "code": None},
        {"event": "died", "claim": 1, "attempt": 1, "code": "email_refused_550"},
        {"event": "replayed", "claim": 1, "attempt": 1, "code": "email_refused_550"},
    ]


def test_a_discarded_job_keeps_its_reason_and_its_age_counts_from_the_decision(ledger: Connection) -> None:
    job = dead(ledger, code="email_refused_550")
    ledger.execute("UPDATE jobs SET finished_at = finished_at - interval '90 days'")
    discard(ledger, [job])
    (age,) = ledger.execute("SELECT now() - finished_at FROM jobs").fetchone() or ()
    assert row(ledger, job)["error_code"] == "email_refused_550"
    assert age < timedelta(minutes=1)


def test_the_message_of_a_cancelled_job_claims_nothing(ledger: Connection, executor: UUID) -> None:
    job = queued(ledger)
    cancel(ledger, [job])
    assert take(ledger, executor, job) == []


def test_a_cancelled_job_lets_those_behind_it_go(ledger: Connection) -> None:
    first, second = (sign_up(ledger, address="ann@b.example")[0] for _ in range(2))
    assert leased_ids(ledger) == {first}
    cancel(ledger, [first])
    assert leased_ids(ledger) == {second}


def test_cancelling_the_job_that_probes_a_circuit_lets_another_probe_at_once(ledger: Connection) -> None:
    job = queued(ledger)
    ledger.execute(
        "INSERT INTO circuits (provider, state, reason, probe_at, probe_job) "
        "VALUES ('newsletter', 'probing', 'down', now() + interval '1 minute', %s)",
        (job,),
    )
    cancel(ledger, [job])
    assert ledger.execute("SELECT probe_at <= now() FROM circuits").fetchone() == (True,)


def test_many_at_once_move_where_they_may_and_those_nobody_has_are_left_out(ledger: Connection) -> None:
    jobs = {before: standing(ledger, before) for before in State}
    decisions = retry(ledger, [*jobs.values(), uuid4()])
    assert {(one.id, one.before) for one in decisions} == {(job, before) for before, job in jobs.items()}
    assert {one.before for one in decisions if one.moved} == {State.DEAD, State.UNKNOWN}
    assert [one.id for one in decisions] == sorted(one.id for one in decisions)


def test_a_job_that_is_named_twice_moves_once(ledger: Connection) -> None:
    job = dead(ledger)
    assert len(retry(ledger, [job, job])) == 1
    assert events(ledger, job).count("replayed") == 1


def test_only_a_retry_out_of_doubt_may_repeat_the_effect(ledger: Connection) -> None:
    jobs = {before: standing(ledger, before) for before in (State.DEAD, State.UNKNOWN)}
    assert {one.before: one.may_repeat for one in retry(ledger, jobs.values())} == {
        State.DEAD: False,
        State.UNKNOWN: True,
    }


@pytest.mark.parametrize("verbs", [(Verb.RETRY,), (Verb.DISCARD,), (Verb.RETRY, Verb.DISCARD)])
def test_of_twenty_who_decide_at_once_one_wins(ledger: Connection, another: Open, verbs: tuple[Verb, ...]) -> None:
    sessions = [another() for _ in range(20)]
    for _ in range(5):
        job, start = dead(ledger), Barrier(20)

        def one(number: int, job: UUID = job, start: Barrier = start) -> Decision:
            start.wait()
            return decide(sessions[number], verbs[number % len(verbs)], [job])[0]

        with ThreadPoolExecutor(20) as threads:
            decisions = list(threads.map(one, range(20)))
        (winner,) = (number for number, decision in enumerate(decisions) if decision.moved)
        assert state(ledger, job) is TARGET[verbs[winner % len(verbs)]]
        assert Counter(events(ledger, job)) == {"claimed": 1, "died": 1, EVENT[verbs[winner % len(verbs)]]: 1}
        assert {one.before for one in decisions if not one.moved} == {state(ledger, job)}


def late(ledger: Connection, job: UUID, claim: int, move: Move) -> set[UUID]:
    return finish(ledger, [Settlement(job, claim, move)], executor=uuid4())


def test_a_late_answer_still_counts_after_a_replay_until_somebody_has_claimed(ledger: Connection) -> None:
    job, claim = lost_in_doubt(ledger)
    retry(ledger, [job])
    assert late(ledger, job, claim, ACCEPTED) == {job}
    assert state(ledger, job) is State.SUCCEEDED
    assert leased_ids(ledger) == set()


def test_a_late_answer_counts_no_more_once_the_replay_is_claimed(ledger: Connection, executor: UUID) -> None:
    job, claim = lost_in_doubt(ledger)
    retry(ledger, [job])
    assert leased_ids(ledger) == {job}
    (again,) = take(ledger, executor, job)
    assert again.intended_before
    assert late(ledger, job, claim, ACCEPTED) == set()
    assert state(ledger, job) is State.RUNNING


@pytest.mark.parametrize("verb", [Verb.DISCARD, Verb.RETRY])
def test_an_answer_given_before_the_death_changes_nothing_afterwards(ledger: Connection, verb: Verb) -> None:
    executor = uuid4()
    claimed = running(ledger, executor)
    assert answer(ledger, claimed, died(), executor=executor)
    decide(ledger, verb, [claimed.id])
    assert late(ledger, claimed.id, claimed.claim, ACCEPTED) == set()
    assert state(ledger, claimed.id) is TARGET[verb]


def test_a_retry_while_the_late_answer_arrives_never_does_the_work_twice(ledger: Connection, another: Open) -> None:
    sessions = [another(), another()]
    seen: Counter[bool] = Counter()
    for _ in range(40):
        (job, claim), start = lost_in_doubt(ledger), Barrier(2)

        def reply(job: UUID = job, claim: int = claim, start: Barrier = start) -> set[UUID]:
            start.wait()
            return late(sessions[0], job, claim, ACCEPTED)

        def again(job: UUID = job, start: Barrier = start) -> Decision:
            start.wait()
            return retry(sessions[1], [job])[0]

        with ThreadPoolExecutor(2) as threads:
            answered, decided = threads.submit(reply), threads.submit(again)
        assert answered.result() == {job}
        assert state(ledger, job) is State.SUCCEEDED
        assert decided.result().before is (State.UNKNOWN if decided.result().moved else State.SUCCEEDED)
        assert events(ledger, job).count("succeeded") == 1
        seen[decided.result().moved] += 1
    assert sum(seen.values()) == 40


def test_a_replay_goes_behind_nobody_and_before_nobody_of_another_person(ledger: Connection) -> None:
    first = dead(ledger)
    others = [sign_up(ledger)[0] for _ in range(3)]
    retry(ledger, [first])
    assert leased_ids(ledger) == {first, *others}


def columns(ledger: Connection) -> dict[str, Any]:
    found = ledger.execute(
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'jobs'",
    ).fetchall()
    return dict(found)


def test_code_of_the_release_before_can_still_owe_jobs(ledger: Connection) -> None:
    """The new column may be left out: a release migrates before its code arrives."""
    assert columns(ledger)["replayed_at"] == "YES"
    assert row(ledger, sign_up(ledger)[0])["replayed_at"] is None
