"""S1: how long a visitor waits for the answer, with everything healthy and with everything behind it broken.

Open-loop arrivals, each timed from when it was due. Healthy twice: with the workers on the same cores, as on one small
machine, and without them, since only that can show what a million waiting jobs and a dead broker cost the web alone.
Beside it the sign-up that calls both providers while the visitor waits, behind the same server with the same settings.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench import backlog, guarded, seeding
from tests.bench.scene import Scene
from tests.bench.spread import number, percentile
from tests.bench.stack import WEBAPP, Stack
from tests.bench.table import Figure, Table
from tests.bench.visitors import visit

PER_SECOND = 200
PROVIDERS = ("listmonk", "smtp")
P99 = "p99 ms"
HEALTHY = "Usher, all healthy"
ALONE = "Usher, all healthy, workers elsewhere"
GUARDED = "Usher, workers elsewhere, all guards on"
BROKEN = "Usher, all broken, backlog"
SYNCHRONOUS = "synchronous, all healthy"
SYNCHRONOUS_DOWN = "synchronous, providers down"


def run(scene: Scene) -> Table:
    """Measure all of them in turn."""
    seconds = 4 if scene.quick else 6
    waiting = backlog.QUICK_WAITING if scene.quick else backlog.WAITING
    what = f"time to answer a sign-up, {PER_SECOND}/s arriving, {seconds} s each"
    table = Table("S1", what, scene.rounds, headline=P99)
    healthy, broken = scene.stack.database("answering"), scene.stack.database(backlog.MILLION)
    backlog.make(scene, broken, waiting)
    for turn in scene.each_round(6):
        seeding.empty(scene.stack.admin_url(healthy))
        for provider in PROVIDERS:
            scene.stack.sandbox.clear(provider)
        scene.step(HEALTHY)
        with ExitStack() as running:
            running.enter_context(scene.stack.running(scene.stack.worker(), DATABASE_URL=healthy))
            url = running.enter_context(scene.stack.serving(WEBAPP, DATABASE_URL=healthy))
            scene.stack.wait_for_worker(healthy)
            _measure(table, HEALTHY, url, seconds, f"healthy{turn}-")
        scene.step(ALONE)
        with scene.stack.serving(WEBAPP, DATABASE_URL=healthy) as url:
            _measure(table, ALONE, url, seconds, f"alone{turn}-")
        scene.step(GUARDED)
        with scene.stack.serving(WEBAPP, DATABASE_URL=healthy, **guarded.SETTINGS) as url:
            _measure(table, GUARDED, url, seconds, f"guarded{turn}-", guards=True)
        scene.step(BROKEN)
        with _all_down(scene.stack), scene.stack.serving(WEBAPP, DATABASE_URL=broken) as url:
            _measure(table, BROKEN, url, seconds, f"broken{turn}-")
        with scene.stack.serving("tests.bench.synchronous", DATABASE_URL=healthy) as url:
            scene.step(SYNCHRONOUS)
            _measure(table, SYNCHRONOUS, url, seconds, f"sync{turn}-")
            scene.step(SYNCHRONOUS_DOWN)
            with _providers_down(scene.stack):
                _measure(table, SYNCHRONOUS_DOWN, url, seconds, f"down{turn}-")
    table.note(
        "all guards on: limits, challenge, idempotency key, double opt-in, a trusted proxy; off in the other rows"
    )
    table.note(f"all broken: providers answer 503, Redis is stopped, no worker runs, {waiting:,} jobs wait")
    table.note("the sandbox's providers answer at once, which a provider across the internet does not")
    _judge(table)
    return table


def _measure(table: Table, row: str, url: str, seconds: float, prefix: str, *, guards: bool = False) -> None:
    # Sessions open, caches fill: a server is started once a day.
    visit(url, "open", PER_SECOND, 1, f"warm-{prefix}", guarded=guards)
    visits = visit(url, "open", PER_SECOND, seconds, prefix, guarded=guards)
    table.add(Figure(row, "p50 ms", percentile(visits.times_ms, 50)))
    table.add(Figure(row, P99, percentile(visits.times_ms, 99)))
    table.add(Figure(row, "not accepted", visits.failed))


def _judge(table: Table) -> None:
    healthy, broken = table.median(HEALTHY, P99), table.median(BROKEN, P99)
    worst = max(healthy, broken)
    table.judge("p99 < 100 ms", f"{number(worst)} ms", met=worst < 100)
    for row in (HEALTHY, ALONE):
        ratio = broken / table.median(row, P99)
        table.judge(f"p99 with all broken ≤ 1.2 times: {row}", f"{ratio:.2f} times", met=ratio <= 1.2)


@contextmanager
def _providers_down(stack: Stack) -> Iterator[None]:
    for provider in PROVIDERS:
        stack.sandbox.set_mode(provider, "down")
    try:
        yield
    finally:
        for provider in PROVIDERS:
            stack.sandbox.set_mode(provider, "ok")


@contextmanager
def _all_down(stack: Stack) -> Iterator[None]:
    stack.redis.stop()
    try:
        with _providers_down(stack):
            yield
    finally:
        stack.redis.start()
