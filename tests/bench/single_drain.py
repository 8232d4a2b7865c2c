"""S4: jobs drained per second at a provider that takes one call for each, answers after 50 ms, and so many at once.

At two limits, because the two goals need two. NARROW is 32: what bounds is the provider, 640 calls a second, which one Python
process with `requests` can make with some of a core to spare; there one sees what share of the limit is used. WIDE is 128:
2,560 calls a second are more than two cores can make in Python, so what bounds is what a job costs; there one sees who
needs less for it.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.bench import rivals, seeding
from tests.bench.contender import Contender, ContenderError
from tests.bench.drain import Drain, journalled, watch
from tests.bench.scene import Scene
from tests.bench.stack import BIN, ROOT
from tests.bench.table import Figure, Table

PROVIDER = "listmonk"
NARROW, WIDE = 32, 128
LATENCY_S = 0.05
SECONDS, QUICK_SECONDS = 5, 4
MOST_S = 60.0
RATE, SHARE = "jobs/s", "% of the limit"
USHER = "Usher"
BARE = "bare loop of requests"
YARDSTICKS = ("plain Celery, threads", "plain Celery, gevent")


def run(scene: Scene) -> Table:
    """Drain in turn, at a provider with a limit, and at one with a wide one."""
    what = f"jobs drained per second, one call each, {1000 * LATENCY_S:.0f} ms an answer, {NARROW} or {WIDE} at once"
    table = Table("S4", what, scene.rounds)
    contenders = rivals.line_up(scene, table, quick=YARDSTICKS)
    always = [contender for contender in contenders if contender.name in YARDSTICKS]
    for turn in scene.each_round(2 * (2 + len(always)), once=len(contenders) - len(always)):
        _turn(scene, table, NARROW, contenders if turn == 1 else always, turn)
        _turn(scene, table, WIDE, always, turn)
    _judge(table)
    return table


def row(name: str, limit: int) -> str:
    """What a contender's line is called."""
    return f"{name}, {limit} at once"


def _turn(scene: Scene, table: Table, limit: int, contenders: Sequence[Contender], turn: int) -> None:
    with slow_and_limited(scene, limit):
        scene.step(row(USHER, limit))
        _record(table, USHER, limit, usher(scene, limit, _count(scene, table, USHER, limit), f"usher{turn}-"))
        scene.step(row(BARE, limit))
        _record(table, BARE, limit, _bare(scene, limit, _count(scene, table, BARE, limit), f"bare{turn}-"))
        for contender in contenders:
            scene.step(row(contender.name, limit))
            place = rivals.ground(scene, PROVIDER, limit)
            count = _count(scene, table, contender.name, limit)
            try:
                _record(table, contender.name, limit, rivals.drain(scene, contender, place, count, "peer", wave=limit))
            except ContenderError as error:
                rivals.record_failure(table, row(contender.name, limit), RATE, error)


@contextmanager
def slow_and_limited(scene: Scene, limit: int) -> Iterator[None]:
    """One call more than the limit is answered with 429, whoever makes it."""
    scene.stack.sandbox.set_mode(PROVIDER, "ok", latency_ms=round(1000 * LATENCY_S), connections=limit)
    try:
        yield
    finally:
        scene.stack.sandbox.set_mode(PROVIDER, "ok")


def _count(scene: Scene, table: Table, name: str, limit: int) -> int:
    """As many jobs as will take some seconds."""
    seconds = QUICK_SECONDS if scene.quick else SECONDS
    known = rivals.enough_for(table.median(row(name, limit), RATE), seconds)
    return min(int(limit / LATENCY_S * seconds), known)


def _record(table: Table, name: str, limit: int, found: Drain) -> None:
    rivals.record(table, row(name, limit), RATE, found)
    table.add(Figure(row(name, limit), SHARE, 100 * found.per_second * LATENCY_S / limit))


def usher(scene: Scene, limit: int, count: int, prefix: str, *options: str, **environment: str) -> Drain:
    """So many jobs waiting in the ledger, then one worker with as many hands as the provider allows calls."""
    stack = scene.stack
    url = stack.database("single")
    expected = seeding.fill(stack.admin_url(url), count, prefix)
    stack.sandbox.clear(PROVIDER)
    settings = {"DATABASE_URL": url, "NEWSLETTER_DSN": stack.newsletter_dsn(PROVIDER, connections=limit)} | environment
    own = ("-Q", "newsletter", "-n", "bench@%h", "--concurrency", str(limit))
    with stack.running(stack.worker(*own, *options), **settings):
        watch(stack.sandbox, PROVIDER, count, within_s=MOST_S)
    return journalled(stack.sandbox.journal(PROVIDER, brief=True), expected, wave=limit)


def _bare(scene: Scene, limit: int, count: int, prefix: str) -> Drain:
    sandbox = scene.stack.sandbox
    sandbox.clear(PROVIDER)
    url = f"{sandbox.http_url}/api/subscribers"
    command = [str(BIN / "python"), "-m", "tests.bench.bare_loop", url, str(limit), prefix, str(count)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=MOST_S)
    return journalled(sandbox.journal(PROVIDER, brief=True), seeding.addresses(count, prefix), wave=limit)


def _judge(table: Table) -> None:
    _, celery = rivals.best(table, RATE, [row(name, WIDE) for name in YARDSTICKS])
    times = table.median(row(USHER, WIDE), RATE) / celery
    table.judge(f"≥ 3 times plain Celery, {WIDE} at once", f"{times:.2f} times", met=times >= 3)
    share = table.median(row(USHER, NARROW), SHARE)
    table.judge(f"≥ 90 % of the provider's limit, {NARROW} at once", f"{share:.0f} %", met=share >= 90)
