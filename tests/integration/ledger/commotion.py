"""Relays, executors and a clumsy warden, all at work on one ledger at once, until every job has come to its end.

Each is a thread with a session of its own, and does nothing but call the ledger's verbs. The clumsy warden takes over batches
that are in good hands and gives back messages that are not lost, so that answers come late and jobs are on the wire twice.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Queue
from random import Random

from psycopg.errors import DeadlockDetected

from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.ids import new_id
from ledger.lease import lease
from ledger.messages import Message, give_back, unclaimed
from ledger.moves import Move, Settlement
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import ACCEPTED, batches, enrol, take
from tests.waiting import eventually

WITHIN_S = 120.0
AGAIN = Move(State.RETRYING, "retried", delay=0, spent=1, code="down")
PAUSE_S = 0.005


@dataclass
class Commotion:
    """What is going on, and who looks on: each watcher is called again and again, with a session of its own."""

    terms: Mapping[str, Sequence[Terms]]  # of each queue
    connections: Mapping[str, int]
    watchers: Sequence[Callable[[Connection], object]]
    clumsy: bool = True  # there is the warden, and messages are lost and doubled
    seed: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    # Not a SimpleQueue: among several takers its `get` can miss the end of its time-out, and then wait for ever (CPython).
    wire: Queue[Message] = field(default_factory=Queue)

    def run(self, another: Open, *, relays: int = 3, executors: int = 4) -> None:
        """Until all jobs are finished; raises whatever one of them has raised, a watcher's AssertionError included."""
        roles = [self.relay] * relays + [self.executor] * executors + [self.warden] * self.clumsy
        roles += [self.watching(look) for look in self.watchers]
        looking = another()
        with ThreadPoolExecutor(len(roles)) as threads:
            doing = [threads.submit(self.insist, role, another(), seed) for seed, role in enumerate(roles, self.seed)]
            try:
                eventually(lambda: self.over.is_set() or _drained(looking), within=WITHIN_S)
            finally:
                self.over.set()
            for one in doing:
                one.result()

    def insist(self, role: Callable[[Connection, Random], object], connection: Connection, seed: int) -> None:
        """A deadlock, which PostgreSQL ends by itself, is for whoever was told to try again: so do our own processes."""
        chance = Random(seed)
        try:
            while not self.over.is_set():
                try:
                    role(connection, chance)
                except DeadlockDetected:
                    continue
                self.over.wait(PAUSE_S)
        finally:
            self.over.set()

    def relay(self, connection: Connection, chance: Random) -> None:
        for queue in chance.sample(sorted(self.terms), len(self.terms)):
            turn = lease(connection, queue, terms=self.terms[queue], window=60, connections=self.connections)
            for message in turn.messages:
                for _ in range(chance.choice([0, 1, 1, 1, 1, 2]) if self.clumsy else 1):
                    self.wire.put(message)

    def executor(self, connection: Connection, chance: Random) -> None:
        try:
            message = self.wire.get(timeout=0.02)
        except Empty:
            return
        executor, batch = enrol(connection, queues=sorted(self.terms)), new_id()
        taken = take(connection, executor, *message.jobs, kind=message.kind, message=message.id, batch=batch)
        answers = [Settlement(job.id, job.claim, chance.choice([ACCEPTED, ACCEPTED, AGAIN])) for job in taken]
        half = len(answers) // 2
        if half:
            finish(connection, answers[:half], executor=executor, going_on=[batch])
        finish(connection, answers[half:], executor=executor, closed=[batch])

    def warden(self, connection: Connection, chance: Random) -> None:
        for queue in self.terms:
            give_back(connection, unclaimed(connection, queue, after=0.2 * chance.random()))
        in_hands = sorted(batches(connection))
        take_over(connection, [], died=in_hands[: chance.randrange(2)])
        connection.execute("UPDATE jobs SET run_at = now() WHERE state = 'staged' AND run_at > now()")

    @staticmethod
    def watching(look: Callable[[Connection], object]) -> Callable[[Connection, Random], object]:
        return lambda connection, _: look(connection)


def _drained(ledger: Connection) -> bool:
    return ledger.execute("SELECT FROM jobs WHERE finished_at IS NULL LIMIT 1").fetchone() is None
