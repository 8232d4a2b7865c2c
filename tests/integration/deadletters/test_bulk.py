"""Bulk operations: all of those and no others, at their rate by the database's clock, whoever carries them out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from ledger import bulk, operations
from ledger.connection import Connection
from ledger.decisions import Verb, discard, retry
from ledger.operations import FASTEST, Operation
from ledger.selection import Selection
from ledger.states import State
from tests.integration.deadletters.conftest import Open
from tests.integration.deadletters.standing import dead, died, many_dead, standing
from tests.integration.ledger.owed_jobs import answer, events, leased_ids, sign_up, state, take

DEAD = Selection(state=State.DEAD)


def ask(ledger: Connection, verb: Verb = Verb.RETRY, selection: Selection = DEAD, *, rate: int = 100) -> Operation:
    return operations.ask(ledger, verb, selection, actor="ada", rate=rate)


def after(ledger: Connection, seconds: float) -> int:
    """What one call moves when so many seconds have passed since the operation's rate was used up."""
    with ledger.transaction():
        ledger.execute(
            "UPDATE bulk_operations SET paced_until = now() - make_interval(secs => %s) WHERE finished_at IS NULL",
            (seconds,),
        )
        return bulk.advance(ledger)


def finish_all(ledger: Connection) -> int:
    """Advance until nothing is under way; returns how many have moved."""
    moved = 0
    while ledger.execute("SELECT 1 FROM bulk_operations WHERE finished_at IS NULL").fetchone():
        moved += after(ledger, 2)
    return moved


def counts(ledger: Connection) -> dict[str, int]:
    return dict(ledger.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())


def found(ledger: Connection, operation: Operation) -> Operation:
    again = operations.find(ledger, operation.id)
    assert again is not None
    return again


def test_asking_moves_nothing_and_counts(ledger: Connection) -> None:
    many_dead(ledger, 12)
    standing(ledger, State.UNKNOWN)
    asked = ask(ledger)
    assert (asked.counted, asked.moved, asked.finished_at) == (12, 0, None)
    assert counts(ledger) == {"dead": 12, "unknown": 1}


@pytest.mark.parametrize(
    ("seconds", "rate", "moves"),
    [
        (1, 100, 100),
        (0.5, 100, 50),
        (0.004, 100, 0),
        (1, 1, 1),
        (0.9, 1, 0),
        (2, 100, 200),
        (3_600, 100, 200),
        (2, 1_000, 1_000),
    ],
)
def test_one_call_moves_what_the_rate_allows_for_the_time_that_has_passed(
    ledger: Connection,
    seconds: float,
    rate: int,
    moves: int,
) -> None:
    """An hour without any warden is followed by two seconds' worth, not by an hour's; no batch is larger than a thousand."""
    many_dead(ledger, 1_500)
    asked = ask(ledger, rate=rate)
    assert after(ledger, seconds) == moves
    assert found(ledger, asked).moved == moves


def test_what_is_left_of_a_second_is_not_lost(ledger: Connection) -> None:
    many_dead(ledger, 20)
    ask(ledger, rate=1)
    assert after(ledger, 1.75) == 1
    assert (
        ledger.execute("SELECT round(extract(epoch FROM now() - paced_until), 1) FROM bulk_operations").fetchone()[0]
        >= 0.7
    )


def test_a_call_right_after_another_moves_nothing(ledger: Connection) -> None:
    many_dead(ledger, 300)
    ask(ledger, rate=1)
    assert after(ledger, 1) == 1
    assert bulk.advance(ledger) == 0


def test_five_thousand_move_once_each_at_their_rate_with_two_wardens_at_it(ledger: Connection, another: Open) -> None:
    many_dead(ledger, 5_000)
    asked = ask(ledger, rate=FASTEST)
    sessions = [another(), another()]

    def warden(session: Connection) -> list[tuple[datetime, int]]:
        calls = []
        while found(session, asked).finished_at is None:
            moved = bulk.advance(session)
            (now,) = session.execute("SELECT clock_timestamp()").fetchone() or ()
            calls.append((now, moved))
        return calls

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(warden, sessions))
    total = 0
    for now, moved in sorted(call for calls in both for call in calls):
        total += moved
        assert total <= FASTEST * (now - asked.asked_at).total_seconds() + 1
        assert moved <= FASTEST
    assert total == found(ledger, asked).moved == 5_000
    assert counts(ledger) == {"staged": 5_000}
    assert ledger.execute(
        "SELECT count(*), count(DISTINCT job_id) FROM job_events WHERE event = 'replayed'"
    ).fetchone() == (
        5_000,
        5_000,
    )


def test_while_one_warden_moves_a_batch_another_finds_nothing_to_do(ledger: Connection, another: Open) -> None:
    many_dead(ledger, 50)
    ask(ledger, rate=10)
    with ledger.transaction():
        assert after(ledger, 1) == 10
        assert bulk.advance(another()) == 0


def test_two_operations_do_not_add_up_their_rates(ledger: Connection) -> None:
    many_dead(ledger, 30, code="down")
    many_dead(ledger, 30, code="refused")
    first, second = (ask(ledger, selection=Selection(State.DEAD, error=code), rate=20) for code in ("down", "refused"))
    assert after(ledger, 1) == 20
    assert bulk.advance(ledger) == 0
    assert (found(ledger, first).moved, found(ledger, second).moved) == (20, 0)
    assert finish_all(ledger) == 40


def test_a_job_that_has_died_again_is_left_alone(ledger: Connection, executor: UUID) -> None:
    job = dead(ledger)
    many_dead(ledger, 10)
    asked = ask(ledger, rate=5)
    assert after(ledger, 1) == 5
    assert leased_ids(ledger) >= {job}
    (claimed,) = take(ledger, executor, job)
    assert answer(ledger, claimed, died(), executor=executor)
    finish_all(ledger)
    assert found(ledger, asked).moved == 11
    assert state(ledger, job) is State.DEAD
    assert events(ledger, job).count("replayed") == 1


def test_what_dies_after_it_was_asked_for_is_none_of_its_business(ledger: Connection) -> None:
    many_dead(ledger, 3)
    asked = ask(ledger)
    later = dead(ledger)
    assert finish_all(ledger) == asked.counted == 3
    assert state(ledger, later) is State.DEAD


def test_what_somebody_has_decided_otherwise_meanwhile_stays_decided(ledger: Connection) -> None:
    job = dead(ledger)
    many_dead(ledger, 4)
    asked = ask(ledger)
    discard(ledger, [job])
    finish_all(ledger)
    assert (found(ledger, asked).counted, found(ledger, asked).moved) == (5, 4)
    assert state(ledger, job) is State.DISCARDED


def test_jobs_come_back_in_the_order_in_which_they_were_owed(ledger: Connection) -> None:
    jobs = [dead(ledger) for _ in range(6)]
    ask(ledger, rate=3)
    assert after(ledger, 1) == 3
    assert [state(ledger, job) for job in jobs] == [State.STAGED] * 3 + [State.DEAD] * 3


@pytest.mark.parametrize(
    "selection",
    [
        Selection(State.DEAD, kind="a.kind"),
        Selection(State.DEAD, queue="letters"),
        Selection(State.DEAD, error="refused"),
    ],
)
def test_only_what_the_filter_lets_through_moves(ledger: Connection, selection: Selection) -> None:
    mine = dead(ledger, kind="a.kind", queue="letters", code="refused")
    many_dead(ledger, 5)
    doubted = standing(ledger, State.UNKNOWN)
    assert ask(ledger, selection=selection).counted == 1
    assert finish_all(ledger) == 1
    assert state(ledger, mine) is State.STAGED
    assert state(ledger, doubted) is State.UNKNOWN
    assert counts(ledger)["dead"] == 5


def test_a_time_limits_it_to_what_ended_before(ledger: Connection) -> None:
    old, young = dead(ledger), dead(ledger)
    ledger.execute("UPDATE jobs SET finished_at = now() - interval '2 days' WHERE id = %s", (old,))
    (yesterday,) = ledger.execute("SELECT now() - interval '1 day'").fetchone() or ()
    ask(ledger, Verb.DISCARD, Selection(State.DEAD, before=yesterday))
    assert finish_all(ledger) == 1
    assert (state(ledger, old), state(ledger, young)) == (State.DISCARDED, State.DEAD)


@pytest.mark.parametrize(
    ("verb", "before", "now"),
    [
        (Verb.RETRY, State.UNKNOWN, State.STAGED),
        (Verb.DISCARD, State.DEAD, State.DISCARDED),
        (Verb.DISCARD, State.UNKNOWN, State.DISCARDED),
        (Verb.CANCEL, State.STAGED, State.CANCELLED),
        (Verb.CANCEL, State.QUEUED, State.CANCELLED),
        (Verb.CANCEL, State.RETRYING, State.CANCELLED),
    ],
)
def test_every_verb_can_be_carried_out_in_bulk(ledger: Connection, verb: Verb, before: State, now: State) -> None:
    jobs = [standing(ledger, before) for _ in range(3)]
    others = {standing(ledger, other): other for other in State if other is not before}
    ask(ledger, verb, Selection(before))
    assert finish_all(ledger) == 3
    assert {state(ledger, job) for job in jobs} == {now}
    assert all(state(ledger, job) is other for job, other in others.items())


def test_what_is_owed_after_a_cancellation_was_asked_for_is_still_owed(ledger: Connection) -> None:
    sign_up(ledger)
    ask(ledger, Verb.CANCEL, Selection(State.STAGED))
    (later,) = sign_up(ledger)
    assert finish_all(ledger) == 1
    assert state(ledger, later) is State.STAGED


def test_one_that_was_called_off_moves_nothing_more_and_what_it_moved_stays(ledger: Connection) -> None:
    many_dead(ledger, 10)
    asked = ask(ledger, rate=4)
    after(ledger, 1)
    stopped = operations.stop(ledger, asked.id, actor="bob")
    assert stopped is not None
    assert stopped.cancelled_at == stopped.finished_at is not None
    assert after(ledger, 60) == 0
    assert counts(ledger) == {"staged": 4, "dead": 6}
    assert operations.stop(ledger, asked.id, actor="bob") is None


def test_one_about_nothing_ends_at_once(ledger: Connection) -> None:
    asked = ask(ledger)
    assert after(ledger, 1) == 0
    assert found(ledger, asked).finished_at is not None
    assert bulk.advance(ledger) == 0


def test_a_batch_that_fails_half_way_leaves_nothing_moved_and_nothing_counted(ledger: Connection) -> None:
    many_dead(ledger, 10)
    asked = ask(ledger, rate=4)
    with ledger.transaction(force_rollback=True):
        assert after(ledger, 1) == 4
    assert counts(ledger) == {"dead": 10}
    assert found(ledger, asked).moved == 0
    assert finish_all(ledger) == 10


@pytest.mark.parametrize(
    ("verb", "state_", "rate"),
    [(Verb.RETRY, State.RUNNING, 1), (Verb.RETRY, None, 1), (Verb.CANCEL, State.DEAD, 1), (Verb.RETRY, State.DEAD, 0)],
)
def test_what_cannot_be_meant_is_not_written_down(ledger: Connection, verb: Verb, state_: Any, rate: int) -> None:
    with pytest.raises(ValueError, match=r"needs one of|a rate is"):
        ask(ledger, verb, Selection(state_), rate=rate)
    assert operations.newest(ledger, limit=10) == []


def test_a_replay_by_hand_and_one_in_bulk_do_not_add_up(ledger: Connection) -> None:
    job = dead(ledger)
    ask(ledger)
    assert retry(ledger, [job])[0].moved
    assert finish_all(ledger) == 0
    assert events(ledger, job).count("replayed") == 1


def test_a_batch_reaches_its_jobs_by_the_index_of_those_that_wait(ledger: Connection) -> None:
    many_dead(ledger, 100)
    with ledger.transaction():
        ledger.execute("SET LOCAL enable_seqscan = off")
        condition = Selection(State.DEAD, error="rejected").condition()
        plan = ledger.execute(
            f"EXPLAIN SELECT id FROM jobs WHERE {condition} AND seq > 5 ORDER BY seq LIMIT 10",  # noqa: S608  # ours
            {"error": "rejected"},
        ).fetchall()
    assert "jobs_awaiting_decision" in str(plan)
    assert "Sort" not in str(plan)
