"""Dramatiq: processes times threads, which is how it is run (`dramatiq --processes --threads`; eight threads by default)."""

from tests.bench.contender import Ground
from tests.bench.peers.peer import PythonPeer, spread


class Dramatiq(PythonPeer):
    """A process for each core."""

    name = "Dramatiq"
    settings = "a process for each core, which share the provider's connections as threads, its default middleware"
    scenarios = frozenset({"S3", "S4"})
    app = "dramatiq"
    packages = ("dramatiq", "redis")

    def commands(self, ground: Ground) -> list[list[str]]:
        """One command, which forks."""
        widths = spread(ground.connections)
        options = ["--processes", str(len(widths)), "--threads", str(min(widths))]
        return [[self._program("dramatiq"), self.module, *options, "--worker-shutdown-timeout", "1000"]]

    def workers(self, ground: Ground) -> int:
        """One line for each process."""
        return len(spread(ground.connections))
