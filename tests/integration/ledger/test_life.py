"""A job's life under everything that happens to it: lost and doubled messages, lost executors, late answers, replays.

Hypothesis makes up the story; a real PostgreSQL lives it; after each step what must always hold is looked at.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from ledger.claim import Claimed, intend
from ledger.connection import Connection
from ledger.handback import hand_back
from ledger.lease import give_back, overdue
from ledger.moves import Move
from ledger.states import DUE, FINAL, State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    ANSWERS,
    QUEUE,
    answer,
    enrol,
    leased_ids,
    owed,
    sign_up,
    state,
    take,
)

MOST_JOBS = 6
NUMBERS = st.integers(0, 10**6)
PEOPLE = st.sampled_from(["ann@b.example", "bob@b.example"])


DISASTERS: dict[str, Callable[["Life", UUID], object]] = {
    "a relay dies before it has published": lambda life, _: leased_ids(life.ledger, window=3),
    "the broker is down": lambda life, _: give_back(life.ledger, leased_ids(life.ledger)),
    "the broker forgets everything": lambda life, _: life.wire.clear(),
    "a warden finds what was lost": lambda life, _: life.find_lost(),
    "a warden gives back what was not lost": lambda life, _: give_back(life.ledger, life.wire),
    "an executor is taken for dead": lambda life, executor: take_over(life.ledger, [executor]),
    "every deadline passes": lambda life, _: life.pass_deadlines(),
    "an executor hands back": lambda life, executor: hand_back(life.ledger, [executor]),
}


class Life(RuleBasedStateMachine):
    """Three executors, one queue, two people; `wire` is what lies in Redis, `hands` what executors believe they hold."""

    def __init__(self, ledger: Connection) -> None:
        super().__init__()
        self.ledger = ledger
        self.wire: list[UUID] = []
        self.hands: list[tuple[Claimed, UUID]] = []
        self.counted: set[tuple[UUID, int]] = set()
        self.replayed: set[UUID] = set()
        self.before: dict[UUID, dict[str, Any]] = {}
        self.may_leave_its_end: set[UUID] = set()

    @initialize()
    def begin(self) -> None:
        self.ledger.execute("TRUNCATE subscribers, jobs, job_events, effects, processes, circuits CASCADE")
        self.executors = [enrol(self.ledger) for _ in range(3)]
        sign_up(self.ledger, owed(once=True), owed(), owed(resend=True), address="ann@b.example")

    def rows(self) -> dict[UUID, dict[str, Any]]:
        with self.ledger.cursor(row_factory=dict_row) as cursor:
            return {row["id"]: row for row in cursor.execute("SELECT * FROM jobs").fetchall()}

    @precondition(lambda self: len(self.before) < MOST_JOBS)
    @rule(address=PEOPLE, once=st.booleans(), resend=st.booleans())
    def somebody_signs_up(self, address: str, *, once: bool, resend: bool) -> None:
        sign_up(self.ledger, owed(once=once, resend=resend), address=address)

    @rule(window=st.integers(1, 4), by=st.integers(0, 2), fast=st.booleans(), later=st.booleans())
    def a_relay_publishes(self, window: int, by: int, *, fast: bool, later: bool) -> None:
        if later:
            self.time_passes()
        leased = leased_ids(self.ledger, window=window)
        self.wire += leased
        for job in leased if fast else ():
            self.deliver(job, by)

    @rule(disaster=st.sampled_from(sorted(DISASTERS)), which=st.integers(0, 2))
    def something_goes_wrong(self, disaster: str, which: int) -> None:
        """One rule for all of them, because a story of disasters alone would never get anywhere."""
        DISASTERS[disaster](self, self.executors[which])

    def find_lost(self) -> None:
        give_back(self.ledger, set(overdue(self.ledger, QUEUE, after=-60, most=100)) - set(self.wire))

    def pass_deadlines(self) -> None:
        self.ledger.execute("UPDATE jobs SET deadline = now() - interval '1 second' WHERE state = 'running'")
        take_over(self.ledger, [])

    @precondition(lambda self: self.wire)
    @rule(which=NUMBERS, by=st.integers(0, 2), again=st.booleans())
    def a_message_is_delivered(self, which: int, by: int, *, again: bool) -> None:
        job = self.wire[which % len(self.wire)]
        if not again:
            self.wire.remove(job)
        self.deliver(job, by)

    def deliver(self, job: UUID, by: int) -> None:
        executor = self.executors[by]
        for claimed in take(self.ledger, executor, job):
            assert claimed.claim > self.before[job]["claim"]
            assert not claimed.intended_before or claimed.resend or job in self.replayed, "done again without a word"
            self.hands.append((claimed, executor))

    @precondition(lambda self: self.hands)
    @rule(which=NUMBERS)
    def an_executor_passes_the_point_of_no_return(self, which: int) -> None:
        claimed, _ = self.hands[which % len(self.hands)]
        current = self.before[claimed.id]
        holds = current["state"] == "running" and current["claim"] == claimed.claim
        assert intend(self.ledger, claimed.id, claimed.claim) is holds

    @precondition(lambda self: self.hands)
    @rule(which=NUMBERS, move=st.sampled_from(ANSWERS), again=st.booleans())
    def an_executor_answers_in_time_or_late(self, which: int, move: Move, *, again: bool) -> None:
        claimed, executor = self.hands[which % len(self.hands)]
        if not again:
            self.hands.remove((claimed, executor))
        if self.before[claimed.id]["state"] == "unknown":
            self.may_leave_its_end.add(claimed.id)
        counts = answer(self.ledger, claimed, move, executor=executor)
        if counts:
            assert self.before[claimed.id]["claim"] == claimed.claim, "overtaken, and yet it counted"
            assert (claimed.id, claimed.claim) not in self.counted, "counted twice"
            self.counted.add((claimed.id, claimed.claim))
            assert state(self.ledger, claimed.id) is move.state

    def time_passes(self) -> None:
        self.ledger.execute("UPDATE jobs SET run_at = now() WHERE state = ANY(%s)", ([*DUE],))

    @precondition(lambda self: any(row["state"] in {"dead", "unknown"} for row in self.before.values()))
    @rule(which=NUMBERS)
    def a_person_replays_what_is_dead_or_in_doubt(self, which: int) -> None:
        ended = sorted(job for job, row in self.before.items() if row["state"] in {"dead", "unknown"})
        job = ended[which % len(ended)]
        self.ledger.execute(
            "UPDATE jobs SET state = 'staged', finished_at = NULL, run_at = now() WHERE id = %s", (job,)
        )
        self.replayed.add(job)
        self.may_leave_its_end.add(job)

    @invariant()
    def what_must_always_hold(self) -> None:
        rows = self.rows()
        for job, row in rows.items():
            assert (row["finished_at"] is not None) == (State(row["state"]) in FINAL)
            assert row["settled"] <= row["claim"]
            assert row["state"] != "running" or row["claimer"] in self.executors
            if before := self.before.get(job):
                self.only_grows(before, row)
        lines = [row["order_key"] for row in rows.values() if row["state"] in {"queued", "running"}]
        assert len(lines) == len(set(lines)), "two in flight in one line"
        self.before, self.may_leave_its_end = rows, set()

    def only_grows(self, before: dict[str, Any], now: dict[str, Any]) -> None:
        for counter in ("claim", "settled", "intent", "attempts"):
            assert before[counter] <= now[counter], counter
        if State(before["state"]) in FINAL and now["id"] not in self.may_leave_its_end:
            assert before == now, "it had come to its end"

    def teardown(self) -> None:
        """No job is without a way forward: let nothing more go wrong, and each comes to its end."""
        for _ in range(3 * len(self.before) + 1):
            take_over(self.ledger, self.executors)
            self.find_lost()
            self.time_passes()
            for job in {*self.wire, *leased_ids(self.ledger)}:
                for claimed in take(self.ledger, self.executors[0], job):
                    answer(self.ledger, claimed, ACCEPTED, executor=self.executors[0])
            self.wire.clear()
        assert {State(row["state"]) for row in self.rows().values()} <= FINAL


def test_whatever_happens_a_job_is_done_by_one_at_a_time_and_comes_to_an_end(ledger: Connection) -> None:
    bounds = settings(
        max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(lambda: Life(ledger), settings=bounds)


def test_the_story_would_notice_a_job_that_is_claimed_twice(ledger: Connection) -> None:
    """The checks above can fail: a claim number that went backwards is one of the things they are there to see."""
    life = Life(ledger)
    life.begin()
    life.what_must_always_hold()
    life.a_relay_publishes(4, 0, fast=True, later=False)
    life.what_must_always_hold()
    ledger.execute("UPDATE jobs SET claim = 0, intent = 0")
    with pytest.raises(AssertionError, match="claim"):
        life.what_must_always_hold()
