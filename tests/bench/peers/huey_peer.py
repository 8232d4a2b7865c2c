"""Huey: threads where the work is all processor, greenlets where it is all waiting, as its consumer's help says."""

from tests.bench.contender import Ground
from tests.bench.peers.peer import PythonPeer, spread

QUIET = ("--quiet", "--no-periodic")


class Huey(PythonPeer):
    """One kind of worker."""

    app = "huey"
    packages: tuple[str, ...] = ("huey", "redis")

    def _consumer(self, kind: str, workers: int) -> list[str]:
        options = ["--worker-type", kind, "--workers", str(workers), *QUIET]
        # Its console script does not patch, and without that one greenlet's pop holds up all the others.
        patched = ["-m", "gevent.monkey"] if kind == "greenlet" else []
        return self._python(*patched, self._program("huey_consumer"), f"{self.module}.huey", *options)


class ThreadHuey(Huey):
    """Threads in a process for each core: measured beside its processes and its greenlets, the fastest of them."""

    name = "Huey, thread"
    settings = "a consumer for each core, which share the provider's connections as threads, blocking pop, no results"
    scenarios = frozenset({"S3"})

    def commands(self, ground: Ground) -> list[list[str]]:
        """A consumer for each core."""
        return [self._consumer("thread", width) for width in spread(ground.connections)]

    def workers(self, ground: Ground) -> int:
        """A line for each thread."""
        return ground.connections


class GreenletHuey(Huey):
    """As many greenlets as the provider takes calls."""

    name = "Huey, greenlet"
    settings = "a consumer for each core, which share the provider's connections as greenlets, blocking pop, no results"
    scenarios = frozenset({"S4"})
    packages = (*Huey.packages, "gevent")

    def commands(self, ground: Ground) -> list[list[str]]:
        """A consumer for each core."""
        return [self._consumer("greenlet", width) for width in spread(ground.connections)]

    def workers(self, ground: Ground) -> int:
        """A line for each greenlet."""
        return ground.connections
