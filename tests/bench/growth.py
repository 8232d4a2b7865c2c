"""S6: what grows with the backlog or with time, and should not: the drain rate, Redis, the worker's memory.

The backlog is held at its size while the worker drains it (`feeder`), so both figures are of the same work. The rate is
counted at the provider, from the 10,000th job on: until then a worker is warming up.
"""

import time
from dataclasses import dataclass

from tests.bench import backlog, seeding
from tests.bench.bulk_drain import PROVIDER
from tests.bench.feeder import Feeder
from tests.bench.memory import redis_mb, resident_mb
from tests.bench.scene import Scene
from tests.bench.spread import number
from tests.bench.table import Figure, Table

SMALL = 10_000
FIRST = 10_000
TIMED, QUICK_TIMED = 60_000, 30_000  # the rate is of the jobs from FIRST to here, with either backlog
JOBS, QUICK_JOBS = 200_000, 50_000  # with the large one, the worker goes on to here, and has its memory measured
MOST_S = 45.0
LOOK_S = 0.05
RATE, REDIS, EARLY, LATE = "jobs/s", "Redis MB over idle", "worker MB after 10,000", "worker MB at the end"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a running drain saw."""

    at: float
    done: int
    redis: float


def run(scene: Scene) -> Table:
    """Drain each backlog in turn."""
    waiting = backlog.QUICK_WAITING if scene.quick else backlog.WAITING
    timed = QUICK_TIMED if scene.quick else TIMED
    jobs = QUICK_JOBS if scene.quick else JOBS
    table = Table(
        "S6", f"jobs drained per second while so many wait, from the {FIRST:,}th to the {timed:,}th", scene.rounds
    )
    large, small = scene.stack.database(backlog.MILLION), scene.stack.database("small")
    backlog.make(scene, large, waiting)
    backlog.make(scene, small, SMALL)
    idle = _idle(scene)
    rows = {f"{SMALL:,} waiting": (small, timed), f"{waiting:,} waiting": (large, jobs)}
    for turn in scene.each_round(len(rows)):
        for row, (url, upto) in rows.items():
            scene.step(row)
            _measure(scene, table, row, url, timed, upto, idle, f"{turn}later")
    table.note(f"the end: after {timed:,} jobs with the small backlog, after {jobs:,} with the large one")
    _judge(table, *rows)
    return table


def _idle(scene: Scene) -> float:
    """Redis with a worker on it and nothing to do."""
    scene.prepare("Redis at rest")
    url = scene.stack.database("idle")
    with scene.stack.running(_worker(scene), **_settings(scene, url)):
        scene.stack.wait_for_worker(url)
        return redis_mb(scene.stack.redis.url)


def _measure(scene: Scene, table: Table, row: str, url: str, timed: int, jobs: int, idle: float, prefix: str) -> None:
    stack = scene.stack
    first, last = seeding.invite(stack.admin_url(url), jobs, prefix)
    stack.sandbox.clear(PROVIDER)
    feeder = Feeder(stack.admin_url(url), first, last)
    with stack.running(_worker(scene), **_settings(scene, url)) as worker, feeder.feeding():
        warming = _looks_until(scene, feeder, FIRST)
        early = resident_mb(worker.pid)
        looks = [warming[-1], *_looks_until(scene, feeder, timed)]
        begun, ended = looks[0], looks[-1]
        looks += _looks_until(scene, feeder, jobs)
        late = resident_mb(worker.pid)
    table.add(Figure(row, RATE, (ended.done - begun.done) / (ended.at - begun.at)))
    table.add(Figure(row, REDIS, max(look.redis for look in (*warming, *looks)) - idle))
    table.add(Figure(row, EARLY, early))
    table.add(Figure(row, LATE, late))
    if looks[-1].done < jobs:
        table.note(f"{row}: in one round only {looks[-1].done:,} of {jobs:,} jobs were done in time")


def _looks_until(scene: Scene, feeder: Feeder, jobs: int) -> list[Look]:
    """At least one look; the last of them when so many are done, or when it has been long enough."""
    looks = [_look(scene, feeder)]
    while looks[-1].done < jobs and looks[-1].at < looks[0].at + MOST_S:
        time.sleep(LOOK_S)
        looks.append(_look(scene, feeder))
    return looks


def _look(scene: Scene, feeder: Feeder) -> Look:
    done = int(scene.stack.sandbox.state(PROVIDER)["effects"])
    feeder.done(done)
    return Look(time.monotonic(), done, redis_mb(scene.stack.redis.url))


def _worker(scene: Scene) -> list[str]:
    return scene.stack.worker("-Q", "newsletter")


def _settings(scene: Scene, url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "NEWSLETTER_DSN": scene.stack.newsletter_dsn(PROVIDER)}


def _judge(table: Table, small: str, large: str) -> None:
    ratio = table.median(large, RATE) / table.median(small, RATE)
    table.judge(
        "drain rate with the large backlog ≥ 0.9 times with the small one", f"{ratio:.2f} times", met=ratio >= 0.9
    )
    redis = table.median(large, REDIS)
    table.judge("Redis at most 10 MB over idle", f"{number(redis)} MB", met=redis <= 10)
    grown = table.median(large, LATE) / table.median(large, EARLY) - 1
    table.judge("worker at most 10 % over its first 10,000 jobs", f"{100 * grown:+.0f} %", met=grown <= 0.1)
