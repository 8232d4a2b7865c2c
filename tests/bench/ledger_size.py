"""What each of the ledger's statements costs, and whether it grows with the ledger: `python -m tests.bench.ledger_size`.

Not a line of GOALS' table: it measures the statements themselves, through the functions that the relay, the workers and
the web call, one session at a time. Beside the time elapsed it counts what the session's server process has computed, which
says the same on a busy machine. docs/ledger.md has the last results.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg

from embedded.postgres import EmbeddedPostgres
from jobs import registry
from jobs.facts import SignupCompleted
from jobs.owing import owe
from ledger import circuits, counts, deadletters, messages, processes, pruning, reading, takeover, unknown_kinds
from ledger.claim import claim
from ledger.coalescing import Terms
from ledger.connection import Connection, session
from ledger.finish import finish
from ledger.ids import new_id
from ledger.lease import Lease, lease
from ledger.messages import Message
from ledger.migrations import upgrade
from ledger.moves import Move, Settlement
from ledger.signups import record
from ledger.states import State
from tests.bench import ledger_seeding
from tests.bench.table import Figure, Table

QUEUE, KIND, PROVIDER, OTHER = "newsletter", "newsletter.subscribe", "newsletter", "email"
FEW = 10_000
WINDOW = 2_000
DRAINED = {1: 120, 50: 2_000, 500: 4_000}  # jobs, by the size of their messages; fewer than FEW in all
ROUNDS = 15
WARM_UP = 10  # from the sixth time on a session keeps the plan it has
OWED = owe(SignupCompleted(locale=None), registry.load())


class Clock:
    """Times calls on one session into two tables: elapsed, and computed by the session's server process."""

    def __init__(self, connection: Connection, scene: str, elapsed: Table, computed: Table) -> None:
        self._counter = Path(f"/proc/{connection.info.backend_pid}/schedstat")
        self._scene, self._elapsed, self._computed = scene, elapsed, computed

    def time(self, what: str, call: Callable[[], object], *, jobs: int = 1) -> None:
        """Call it; what it took goes into the tables in microseconds for each of `jobs`."""
        before, began = self._nanoseconds(), time.perf_counter_ns()
        call()
        elapsed, computed = time.perf_counter_ns() - began, self._nanoseconds() - before
        self._elapsed.add(Figure(what, self._scene, elapsed / 1000 / jobs))
        self._computed.add(Figure(what, self._scene, computed / 1000 / jobs))

    def _nanoseconds(self) -> int:
        return int(self._counter.read_text(encoding="ascii").split()[0])


def main() -> None:
    """Measure each scene in a database of its own, and print."""
    parser = argparse.ArgumentParser(prog="tests.bench.ledger_size", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000, help="how many are waiting, or have finished")
    many = parser.parse_args().jobs
    elapsed = Table("ledger", "microseconds elapsed, for each job or call", ROUNDS)
    computed = Table("ledger", "microseconds computed by the server, for each job or call", ROUNDS)
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as folder, _postgres(Path(folder)) as postgres:
        for scene, waiting, finished, is_open in (
            (f"{FEW:,} waiting", FEW, 0, False),
            (f"{many:,} waiting", many, 0, False),
            (f"{FEW:,} waiting, {many:,} finished", FEW, many, False),
            (f"{many:,} waiting, circuit open", many, 0, True),
        ):
            print(f"making {scene} ...", flush=True)
            with _ledger(postgres, waiting, finished) as connection:
                clock = Clock(connection, scene, elapsed, computed)
                _look_around(connection, clock)
                (_wait if is_open else _drain)(connection, clock)
                _guard(connection, clock)
    few, *others = computed.columns()
    grown = [row for row in computed.rows() if any(computed.median(row, one) > 2 * computed.median(row, few) for one in others)]
    computed.judge("no statement computes more than twice as much", ", ".join(grown) or "none", met=not grown)
    for table in (elapsed, computed):
        print(*table.lines(), sep="\n")


@contextmanager
def _postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(folder / "postgres", durable=True)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


@contextmanager
def _ledger(postgres: EmbeddedPostgres, waiting: int, finished: int) -> Iterator[Connection]:
    """A database with so much in it, and a session there; dropped afterwards, since each is a gigabyte."""
    url, admin_url = postgres.database_url("scene"), postgres.admin_url.removesuffix("postgres") + "scene"
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE scene OWNER usher")
        upgrade(url)
        if finished:
            ledger_seeding.owe(admin_url, finished, finished=True)
        ledger_seeding.owe(admin_url, waiting)
        with psycopg.connect(admin_url, autocommit=True) as owner:
            ledger_seeding.settle(owner)
        with session(url, name="usher-bench") as connection:
            yield connection
        admin.execute("DROP DATABASE scene WITH (FORCE)")


def _look_around(connection: Connection, clock: Clock) -> None:
    """The web's statements."""
    for _ in range(WARM_UP):
        _sign_up(connection)
    for _ in range(ROUNDS * 4):
        clock.time("sign-up", lambda: _sign_up(connection))
    some = connection.execute("SELECT id FROM signups TABLESAMPLE bernoulli(5) LIMIT 200").fetchall()
    for (signup,) in some:
        clock.time("status", lambda signup=signup: reading.signup(connection, signup))


def _sign_up(connection: Connection) -> None:
    address = f"{uuid4().hex}@example.org"
    record(connection, fact=SignupCompleted.NAME, address=address, name=None, locale=None, owed=OWED)


def _terms(batch: int) -> list[Terms]:
    other = next(job.kind for job in OWED if job.kind != KIND)
    return [Terms(KIND, PROVIDER, batch, bulk=True), Terms(other, OTHER, min(batch, 50))]


def _drain(connection: Connection, clock: Clock) -> None:
    """Lease, claim and finish, at each size of message."""
    for batch, most in DRAINED.items():
        for timed in (False, True):  # the first time without a clock, until the plans are kept
            done = 0
            while done < (most if timed else min(most, 12 * batch)) - most % batch:
                done += _drain_window(connection, clock if timed else None, batch)


def _drain_window(connection: Connection, clock: Clock | None, batch: int) -> int:
    """What one lease brings; returns how many jobs."""
    window = min(WINDOW, 40 * batch)
    found: list[Lease] = []
    call = lambda: found.append(lease(connection, QUEUE, terms=_terms(batch), window=window))  # noqa: E731  # timed or not
    clock.time(f"lease, batch {batch}", call, jobs=window) if clock else call()
    for message in found[0].messages:
        _carry_out(connection, clock, message, batch)
    return sum(len(message.jobs) for message in found[0].messages)


def _carry_out(connection: Connection, clock: Clock | None, message: Message, batch: int) -> None:
    executor, name, jobs = uuid4(), new_id(), len(message.jobs)
    settlements: list[Settlement] = []

    def take() -> None:
        ids, move = message.jobs, Move(State.SUCCEEDED, "succeeded", provider_id="1")
        claimed = claim(connection, ids, kind=message.kind, executor=executor, message_id=message.id, batch=name)
        settlements.extend(Settlement(job.id, job.claim, move) for job in claimed)

    def answer() -> None:
        assert len(finish(connection, settlements, executor=executor, closed=[name])) == jobs

    for what, call in (("claim", take), ("finish", answer)):
        clock.time(f"{what}, batch {batch}", call, jobs=jobs) if clock else call()
