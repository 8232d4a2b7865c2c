"""A job's life under everything that happens to it: lost and doubled messages, lost executors, late answers, replays.

What may happen, one rule for each, and after each step what must always hold. Hypothesis makes up the order.
"""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger import circuits
from ledger.connection import Connection
from ledger.counts import add_up
from ledger.messages import Message
from ledger.moves import Move
from ledger.states import FINAL, State
from ledger.uncovered import mend_uncovered
from tests.integration.ledger.invariants import miscounted, unwatched
from tests.integration.ledger.owed_jobs import ANSWERS, QUEUE, batches, intends, owed, sign_up, state
from tests.integration.ledger.world import DISASTERS, World

MOST_JOBS = 6
NUMBERS = st.integers(0, 10**6)
PEOPLE = st.sampled_from(["ann@b.example", "bob@b.example", "eve@b.example"])
EVERYTHING = 10**6  # blocks: more than the table has


class Life(RuleBasedStateMachine):
    """One queue, three people who sign up, and everything that may happen to their jobs."""

    def __init__(self, ledger: Connection) -> None:
        super().__init__()
        self.ledger = ledger
        self.counted = set[tuple[UUID, int]]()
        self.replayed = set[UUID]()
        self.before = dict[UUID, dict[str, Any]]()
        self.may_leave_its_end = set[UUID]()

    @initialize()
    def begin(self) -> None:
        self.world = World(self.ledger)
        sign_up(self.ledger, owed(once=True), owed(), owed(resend=True), address="ann@b.example")

    @precondition(lambda self: len(self.before) < MOST_JOBS)
    @rule(address=PEOPLE, once=st.booleans(), resend=st.booleans())
    def somebody_signs_up(self, address: str, *, once: bool, resend: bool) -> None:
        sign_up(self.ledger, owed(once=once, resend=resend), address=address)

    @rule(
        window=st.integers(1, 4), batch=st.integers(1, 4), by=st.integers(0, 2), fast=st.booleans(), later=st.booleans()
    )
    def a_relay_publishes(self, window: int, batch: int, by: int, *, fast: bool, later: bool) -> None:
        if later:
            self.world.time_passes()
        leased = self.world.lease(window, batch)
        self.world.wire += leased
        for message in leased if fast else ():
            self.deliver(message, by)

    @rule(disaster=st.sampled_from(sorted(DISASTERS)), which=st.integers(0, 2))
    def something_goes_wrong(self, disaster: str, which: int) -> None:
        """One rule for all of them, because a story of disasters alone would never get anywhere."""
        DISASTERS[disaster](self.world, which)

    @rule()
    def wardens_add_up_and_look_under_the_net(self) -> None:
        assert mend_uncovered(self.ledger, block=0, blocks=EVERYTHING) == []
        add_up(self.ledger)

    @precondition(lambda self: self.world.wire)
    @rule(which=NUMBERS, by=st.integers(0, 2), again=st.booleans())
    def a_message_is_delivered(self, which: int, by: int, *, again: bool) -> None:
        message = self.world.wire[which % len(self.world.wire)]
        if not again:
            self.world.wire.remove(message)
        self.deliver(message, by)

    def deliver(self, message: Message, by: int) -> None:
        for held in self.world.claim(message, by):
            claimed = held.claimed
            assert claimed.claim > self.before[claimed.id]["claim"]
            told = claimed.intended_before and not claimed.resend
            assert not told or claimed.id in self.replayed, "done again without a word"

    @precondition(lambda self: self.world.hands)
    @rule(which=NUMBERS)
    def an_executor_passes_the_point_of_no_return(self, which: int) -> None:
        claimed = self.world.hands[which % len(self.world.hands)].claimed
        current = self.before[claimed.id]
        holds = current["state"] == "running" and current["claim"] == claimed.claim
        assert intends(self.ledger, claimed.id, claimed.claim) is holds

    @precondition(lambda self: self.world.hands)
    @rule(which=NUMBERS, move=st.sampled_from(ANSWERS), again=st.booleans())
    def an_executor_answers_in_time_or_late(self, which: int, move: Move, *, again: bool) -> None:
        held = self.world.hands[which % len(self.world.hands)]
        if not again:
            self.world.hands.remove(held)
        job, number = held.claimed.id, held.claimed.claim
        if self.before[job]["state"] == "unknown":
            self.may_leave_its_end.add(job)
        if self.world.answer(held, move):
            assert self.before[job]["claim"] == number, "overtaken, and yet it counted"
            assert (job, number) not in self.counted, "counted twice"
            self.counted.add((job, number))
            assert state(self.ledger, job) is move.state

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
        rows = self.world.rows()
        for job, row in rows.items():
            assert (row["finished_at"] is not None) == (State(row["state"]) in FINAL)
            assert row["settled"] <= row["claim"]
            assert row["state"] != "running" or row["claimer"] in self.world.executors
            if before := self.before.get(job):
                self.only_grows(before, row)
        assert unwatched(self.ledger) == set(), "nobody watches it"
        assert miscounted(self.ledger) == [], "miscounted"
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
        circuits.succeeded(self.ledger, QUEUE)
        for _ in range(3 * len(self.before) + 1):
            self.world.carry_out_everything()
        assert {State(row["state"]) for row in self.world.rows().values()} <= FINAL
        assert batches(self.ledger) == {}, "nobody holds anything any more"
