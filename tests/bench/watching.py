"""S7: how long after a job's move is committed it is on the pages that watch, and what watching costs the ledger.

One web process. The jobs are moved by the ledger's own verbs, claimed and tried again and again, so that nothing but the way from a
commit to a page is measured. Beside it: statements a second while nothing moves, and how long a sign-up takes meanwhile.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from time import sleep

import psutil
import psycopg

from tests.bench import seeding
from tests.bench.mover import Mover
from tests.bench.scene import Scene
from tests.bench.spread import number, percentile
from tests.bench.stack import WEBAPP
from tests.bench.table import Figure, Table
from tests.bench.visitors import visit
from tests.bench.watchers import Arrival, watching

WATCHERS = 1_000
SHARED = 100  # sign-ups that the same number of people watch
MOVES_PER_SECOND = 400  # of 100 sign-ups a second, each with its two jobs
MOST_TIMES = 250  # that each job is tried
PER_SECOND = 100  # sign-ups that arrive meanwhile
SETTLE_S, QUIET_S = 11.0, 5.0  # a session of PostgreSQL's that lies idle reports what it has done after ten seconds
ARRIVE_S = 2.0  # after the last move
NOBODY, ONE = "Usher, nobody watches", "Usher, 1 watcher"
MANY = f"Usher, {WATCHERS:,} watchers, a sign-up each"
TOGETHER = f"Usher, {WATCHERS:,} watchers of {SHARED} sign-ups"
P50, P99, STATEMENTS = "p50 ms", "p99 ms", "statements/s"


def run(scene: Scene) -> Table:
    """Measure with nobody, one, and many."""
    what = f"ms from the commit of a move to its event at the watcher, one web process, {MOVES_PER_SECOND} moves/s"
    table = Table("S7", what, scene.rounds, headline=P99)
    for turn in scene.each_round(4):
        for row, watchers, signups in (
            (NOBODY, 0, 1),
            (ONE, 1, 1),
            (MANY, WATCHERS, WATCHERS),
            (TOGETHER, WATCHERS, SHARED),
        ):
            scene.step(row)
            _measure(scene, table, row, watchers, signups, turn)
    table.note(
        "statements/s: transactions that PostgreSQL counts in the ledger while nothing moves and nobody signs up"
    )
    table.note(f"sign-ups: {PER_SECOND}/s arriving beside the watchers, while nothing moves")
    _judge(table)
    return table


def _measure(scene: Scene, table: Table, row: str, watchers: int, signups: int, turn: int) -> None:
    stack = scene.stack
    ledger = stack.database("watching")
    seeding.empty(stack.admin_url(ledger))
    # Signed up at a process of their own: its sessions would count those transactions up to ten seconds late.
    with stack.serving(WEBAPP, DATABASE_URL=ledger, SIGNUP_LIMITS="off") as url:
        visit(url, "open", signups, 1, f"watched{turn}-")
    with (
        stack.running(stack.web(), PORT=str(stack.port), DATABASE_URL=ledger, SIGNUP_LIMITS="off") as web,
        psycopg.connect(ledger, autocommit=True) as connection,
    ):
        stack.wait_for_web()
        ids = [found[0] for found in connection.execute("SELECT id FROM signups")]
        assert len(ids) == signups, f"{len(ids)} of {signups} sign-ups were taken"
        with watching(stack.url, list(islice(cycle(ids), watchers))) as crowd:
            table.add(Figure(row, STATEMENTS, _statements(connection)))
            table.add(Figure(row, "sign-up p99 ms", _beside(stack.url, f"beside{turn}-{watchers}-{signups}-", scene)))
            table.add(Figure(row, "web process MB", _memory_mb(web.pid)))
            if watchers:
                mover = Mover(connection)
                connection.execute("DELETE FROM jobs WHERE signup_id <> ALL(%s)", (ids,))
                mover.move(min(MOST_TIMES, WATCHERS // signups), MOVES_PER_SECOND)
                sleep(ARRIVE_S)
                _record(table, row, mover, crowd.arrivals(), each=watchers // signups)


def _statements(connection: "psycopg.Connection[tuple[int]]") -> float:
    sleep(SETTLE_S)
    before = _transactions(connection)
    sleep(QUIET_S)
    return (_transactions(connection) - before) / QUIET_S


def _transactions(connection: "psycopg.Connection[tuple[int]]") -> int:
    found = connection.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert found is not None
    return found[0]


def _beside(url: str, prefix: str, scene: Scene) -> float:
    visit(url, "open", PER_SECOND, 1, f"warm{prefix}")
    return percentile(visit(url, "open", PER_SECOND, 3 if scene.quick else 6, prefix).times_ms, 99)


def _memory_mb(parent: int) -> float:
    (child,) = psutil.Process(parent).children()
    return child.memory_info().rss / 1e6


def _record(table: Table, row: str, mover: Mover, arrivals: Sequence[Arrival], *, each: int) -> None:
    committed = mover.committed
    lags = [1000 * max(0.0, at - committed[job, nth]) for job, nth, at in arrivals if (job, nth) in committed]
    table.add(Figure(row, P50, percentile(lags, 50)))
    table.add(Figure(row, P99, percentile(lags, 99)))
    table.add(Figure(row, "not told", each * len(committed) - len(lags)))


def _judge(table: Table) -> None:
    for row in (MANY, TOGETHER):
        p99 = table.median(row, P99)
        table.judge(f"on the page within 1 s at p99: {row}", f"{number(p99)} ms", met=p99 <= 1_000)
        ratio = table.median(row, STATEMENTS) / table.median(ONE, STATEMENTS)
        table.judge(f"no more statements than with one: {row}", f"{ratio:.2f} times", met=ratio <= 1.1)
