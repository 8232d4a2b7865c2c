"""A small world around one queue: what lies in Redis, what executors believe they hold, and what can go wrong there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from ledger import circuits
from ledger.claim import Claimed
from ledger.connection import Connection
from ledger.decisions import cancel
from ledger.finish import finish
from ledger.handback import hand_back
from ledger.messages import Message, give_back, unclaimed
from ledger.moves import Move, Settlement
from ledger.states import DUE
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import ACCEPTED, QUEUE, TERMS, enrol, take, take_lease

EMPTIED = (
    "subscribers, jobs, job_events, effects, processes, circuits, messages, batches, job_counts, job_count_changes"
)


@dataclass(frozen=True)
class Held:
    """A job that an executor believes to be its own, and the batch it came in."""

    claimed: Claimed
    executor: UUID
    batch: UUID


class World:
    """Three executors; `wire` is what lies in Redis, `hands` what executors believe they hold."""

    def __init__(self, ledger: Connection) -> None:
        ledger.execute(f"TRUNCATE {EMPTIED} CASCADE")
        self.ledger = ledger
        self.executors = [enrol(ledger) for _ in range(3)]
        self.wire: list[Message] = []
        self.hands: list[Held] = []

    def rows(self) -> dict[UUID, dict[str, Any]]:
        """Every job as it stands in the table."""
        with self.ledger.cursor(row_factory=dict_row) as cursor:
            return {row["id"]: row for row in cursor.execute("SELECT * FROM jobs").fetchall()}

    def lease(self, window: int = 10, batch: int = 2) -> list[Message]:
        return take_lease(self.ledger, window=window, batch=batch).messages

    def claim(self, message: Message, by: int) -> list[Held]:
        """An executor gets a message; returns what it holds because of it."""
        executor, batch = self.executors[by], uuid4()
        taken = take(self.ledger, executor, *message.jobs, message=message.id, batch=batch)
        held = [Held(claimed, executor, batch) for claimed in taken]
        self.hands += held
        return held

    def answer(self, held: Held, move: Move) -> bool:
        """The last one of its batch closes it; each before it says that it goes on. Returns whether it counted."""
        last = all(other.batch != held.batch for other in self.hands if other is not held)
        settlement = Settlement(held.claimed.id, held.claimed.claim, move)
        done, goes_on = ([held.batch], []) if last else ([], [held.batch])
        return bool(finish(self.ledger, [settlement], executor=held.executor, closed=done, going_on=goes_on))

    def time_passes(self) -> None:
        self.ledger.execute("UPDATE jobs SET run_at = now() WHERE state = ANY(%s)", ([*DUE],))

    def find_lost(self) -> None:
        published = {message.id for message in self.wire}
        give_back(self.ledger, set(unclaimed(self.ledger, QUEUE, after=-60)) - published)

    def pass_deadlines(self) -> None:
        self.ledger.execute("UPDATE batches SET deadline = now() - interval '1 second'")
        take_over(self.ledger, [])

    def open_circuit(self) -> None:
        circuits.failed(self.ledger, QUEUE, code="down", job=uuid4(), at_once=True)

    def probe(self) -> None:
        self.ledger.execute("UPDATE circuits SET probe_at = now() WHERE state <> 'closed'")
        self.wire += circuits.probe(self.ledger, QUEUE, terms=TERMS)

    def carry_out_everything(self) -> None:
        """One round in which nothing goes wrong any more."""
        take_over(self.ledger, self.executors)
        self.find_lost()
        self.time_passes()
        self.hands.clear()
        for message in [*self.wire, *self.lease()]:
            for held in self.claim(message, 0):
                self.answer(held, ACCEPTED)
                self.hands.remove(held)
        self.wire.clear()


DISASTERS: dict[str, Callable[[World, int], object]] = {
    "a relay dies before it has published": lambda world, _: world.lease(window=3),
    "the broker is down": lambda world, _: give_back(world.ledger, [message.id for message in world.lease()]),
    "the broker forgets everything": lambda world, _: world.wire.clear(),
    "a warden finds what was lost": lambda world, _: world.find_lost(),
    "a warden gives back what was not lost": lambda world, _: give_back(world.ledger, [one.id for one in world.wire]),
    "an executor is taken for dead": lambda world, which: take_over(world.ledger, [world.executors[which]]),
    "every deadline passes": lambda world, _: world.pass_deadlines(),
    "an executor hands back": lambda world, which: hand_back(world.ledger, [world.executors[which]]),
    "the provider's circuit opens": lambda world, _: world.open_circuit(),
    "the provider's circuit closes": lambda world, _: circuits.succeeded(world.ledger, QUEUE),
    "a circuit is probed": lambda world, _: world.probe(),
    "a person cancels a job": lambda world, which: cancel(world.ledger, sorted(world.rows())[which : which + 1]),
}
