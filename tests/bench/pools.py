"""Which Celery pool, and how many hands: the same backlog through each, at a bulk provider and at one that takes one call each.

For one decision (docs/decisions/0014), not for a goal: measured when asked for. gevent is not among Usher's dependencies; it
comes from the environment of the peers.
"""

import subprocess

from tests.bench import bulk_drain, rivals, single_drain
from tests.bench.peers.python_environment import PythonEnvironment
from tests.bench.scene import Scene
from tests.bench.stack import ROOT
from tests.bench.table import Table

POOLS = {
    "threads, 32": ("--pool", "threads", "--concurrency", "32"),
    "prefork, 2": ("--pool", "prefork", "--concurrency", "2"),
    "prefork, 32": ("--pool", "prefork", "--concurrency", "32"),
    "gevent, 32": ("--pool", "gevent", "--concurrency", "32"),
}
BULK, SINGLE = "bulk, jobs/s", "one by one, jobs/s"


def run(scene: Scene) -> Table:
    """Drain in turn."""
    table = Table("pools", "jobs drained per second by one worker, by its pool and concurrency", scene.rounds)
    environment = PythonEnvironment()
    environment.install()
    for turn in scene.each_round(2 * len(POOLS)):
        for name, options in POOLS.items():
            more = {"PYTHONPATH": f"{ROOT}:{_packages(environment)}"} if "gevent" in name else {}
            scene.step(f"{name}, bulk")
            rivals.record(table, name, BULK, bulk_drain.usher(scene, f"bulk{turn}-", *options, **more))
            scene.step(f"{name}, one by one")
            with single_drain.slow_and_limited(scene, single_drain.NARROW):
                found = single_drain.usher(scene, single_drain.NARROW, 3_200, f"one{turn}-", *options, **more)
                rivals.record(table, name, SINGLE, found)
    return table


def _packages(environment: PythonEnvironment) -> str:
    """Where that environment keeps its packages."""
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([environment.python, "-c", question], capture_output=True, text=True, check=True)
    return done.stdout.strip()
