"""What all peers have in common: an environment, a program that feeds, workers that drain.

Separate from each peer, which says no more than its commands and settings. It must never favour one of them: whatever
one peer is told of the ground, all are.
"""

import os
import re
import subprocess
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from redis import Redis

from tests.bench.contender import Contender, ContenderError, Ground
from tests.bench.peers.crew import Crew, crew
from tests.bench.peers.places import LOGS, ROOT
from tests.bench.peers.python_environment import PythonEnvironment

FEED_S = 600.0
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Peer(Contender):
    """A contender whose workers are processes of their own."""

    @abstractmethod
    def commands(self, ground: Ground) -> list[list[str]]:
        """What has to run so that its workers work, with at most `ground.connections` calls at once."""

    @abstractmethod
    def workers(self, ground: Ground) -> int:
        """How many lines of `apps.ready` these will write."""

    def environment(self, ground: Ground) -> dict[str, str]:
        """What its processes are told."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "REDIS_URL": ground.redis_url,
            "DATABASE_URL": ground.database_url,
            "PROVIDER": ground.provider,
            "PROVIDER_URL": ground.provider_url,
            "CONNECTIONS": str(ground.connections),
        }

    def clear(self, ground: Ground) -> None:
        """Empty the Redis database."""
        with Redis.from_url(ground.redis_url) as client:
            client.flushdb()

    def working(self, ground: Ground, *, within_s: float) -> AbstractContextManager[Crew]:
        """Its workers, under a warden."""
        return crew(
            self.name,
            self.commands(ground),
            workers=self.workers(ground),
            env=self.environment(ground),
            log=LOGS / f"{re.sub('[^a-z0-9]+', '-', self.name.lower())}.log",
            within_s=within_s,
        )

    def _feed(self, ground: Ground, command: Sequence[str], addresses: Sequence[str]) -> str:
        """Run a producer, which reads addresses from its input; returns what it printed."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(ground), input="\n".join(addresses), text=True,
            capture_output=True, check=False, timeout=FEED_S,
        )  # fmt: skip
        if done.returncode != 0:
            raise ContenderError(f"{self.name}: {command[-1]} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout


class PythonPeer(Peer):
    """A peer of the Python environment: its program is `apps/APP_app.py`, its packages are `packages`."""

    app: str
    packages: tuple[str, ...]

    def __init__(self) -> None:
        self._installed = PythonEnvironment()

    def install(self) -> None:
        """The environment that all Python peers share."""
        self._installed.install()

    def version(self) -> str:
        """Of each of its packages."""
        return ", ".join(self._installed.version_of(package) for package in self.packages)

    def enqueue(self, ground: Ground, addresses: Sequence[str]) -> None:
        """By its own producer."""
        self._feed(ground, self._feeder("enqueue"), addresses)

    @property
    def module(self) -> str:
        """Its program, as Python imports it."""
        return f"tests.bench.peers.apps.{self.app}_app"

    def _program(self, name: str) -> str:
        return str(self._installed.bin / name)

    def _python(self, *arguments: str) -> list[str]:
        return [self._installed.python, *arguments]

    def _feeder(self, *arguments: str) -> list[str]:
        return self._python("-m", "tests.bench.peers.apps.feed", self.app, *arguments)


def sent_at(printed: str) -> Mapping[str, float]:
    """What `apps.feed` printed for `send`: by address, the Unix time at which the job was owed."""
    rows = (line.split() for line in printed.splitlines())
    return {address: float(at) for at, address in rows}


def spread(connections: int, over: int = CORES) -> list[int]:
    """`connections` shared out among at most `over` processes, as evenly as can be; none gets nothing."""
    return [connections // over + (n < connections % over) for n in range(min(over, connections))]
