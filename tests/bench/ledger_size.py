"""What each of the ledger's statements costs, and whether it grows with the ledger: `python -m tests.bench.ledger_size`.

Not a line of GOALS' table: it measures the statements themselves, in one session, with nobody else at work. Beside the time
that passed it reads what the session's server process has computed, which says the same on a busy machine (Linux only).
docs/ledger.md has the last results.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from embedded.postgres import EmbeddedPostgres
from ledger.connection import Connection, session
from ledger.migrations import upgrade
from tests.bench import ledger_seeding, ledger_statements
from tests.bench.ledger_statements import ROUNDS, T
from tests.bench.table import Figure, Table

FEW = 10_000
WARM_UP = 12  # calls of each statement that do not count: from the sixth on psycopg prepares it, and some later PostgreSQL keeps its plan
MOST_GROWTH = 2.0  # times; what is less is the machine's, or one more level of an index


@dataclass(frozen=True, slots=True)
class Scene:
    """A ledger to measure in."""

    waiting: int
    finished: int = 0
    broken: bool = False  # the provider's circuit is open

    def __str__(self) -> str:
        past = f", {self.finished:,} finished" if self.finished else ""
        return f"{self.waiting:,} waiting{past}{', circuit open' if self.broken else ''}"


class Clock:
    """Times calls on one session, into one column of two tables."""

    def __init__(self, connection: Connection, column: str, passed: Table, computed: Table) -> None:
        self._counter = Path(f"/proc/{connection.info.backend_pid}/schedstat")
        self._column, self._passed, self._computed = column, passed, computed
        self._calls: dict[str, int] = {}

    def __call__(self, what: str, call: Callable[[], T], *, jobs: int = 1) -> T:
        """Microseconds, for each of `jobs`."""
        before, began = self._nanoseconds(), time.perf_counter_ns()
        result = call()
        passed, computed = time.perf_counter_ns() - began, self._nanoseconds() - before
        statement = what.partition(",")[0]  # at every size it is the same
        self._calls[statement] = self._calls.get(statement, 0) + 1
        if self._calls[statement] > WARM_UP:
            self._passed.add(Figure(what, self._column, passed / 1000 / jobs))
            self._computed.add(Figure(what, self._column, computed / 1000 / jobs))
        return result

    def _nanoseconds(self) -> int:
        return int(self._counter.read_text(encoding="ascii").split()[0])


def main() -> None:
    """Measure each scene in a database of its own, and print."""
    parser = argparse.ArgumentParser(prog="tests.bench.ledger_size", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000, help="how many wait, or have finished")
    many = parser.parse_args().jobs
    passed = Table("elapsed", "microseconds for each job or call", ROUNDS - WARM_UP)
    computed = Table("computed by the server", "microseconds for each job or call", ROUNDS - WARM_UP)
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as folder, _postgres(Path(folder)) as postgres:
        for scene in (Scene(FEW), Scene(many), Scene(FEW, finished=many), Scene(many, broken=True)):
            print(f"making a ledger with {scene} ...", flush=True)  # noqa: T201  # it takes minutes
            with _ledger(postgres, scene) as connection:
                _measure(connection, Clock(connection, str(scene), passed, computed), scene)
    _judge(computed)
    for table in (passed, computed):
        print(*table.lines(), sep="\n")  # noqa: T201  # what was asked for


def _measure(connection: Connection, clock: Clock, scene: Scene) -> None:
    ledger_statements.visit(connection, clock)
    if scene.broken:
        ledger_statements.break_circuit(connection)
        ledger_statements.refused(connection, clock)
    else:
        ledger_statements.drain(connection, clock)
    ledger_statements.idle(connection, clock)


def _judge(table: Table) -> None:
    few, *others = table.columns()
    growth = {
        f"{row} with {column}": table.median(row, column) / table.median(row, few)
        for row in table.rows()
        for column in others
    }
    grown = [f"{where} {times:.1f} times" for where, times in growth.items() if times > MOST_GROWTH]
    goal = f"no statement computes more than {MOST_GROWTH:g} times what it does with {few}"
    table.judge(goal, "; ".join(grown) or "none does", met=not grown)


@contextmanager
def _postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(folder / "postgres", durable=True)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


@contextmanager
def _ledger(postgres: EmbeddedPostgres, scene: Scene) -> Iterator[Connection]:
    """A session in a database with so much in it; dropped afterwards, since each is more than a gigabyte."""
    admin_url = f"{postgres.admin_url.removesuffix('postgres')}scene"
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE scene OWNER usher")
        upgrade(postgres.database_url("scene"))
        if scene.finished:
            ledger_seeding.owe(admin_url, scene.finished, finished=True)
        ledger_seeding.owe(admin_url, scene.waiting)
        ledger_seeding.settle(admin_url)
        with session(postgres.database_url("scene"), name="usher-bench") as connection:
            yield connection
        admin.execute("DROP DATABASE scene WITH (FORCE)")


if __name__ == "__main__":
    main()
