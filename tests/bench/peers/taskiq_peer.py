"""Taskiq: `taskiq worker`, two processes as by default, on uvloop, with a thread pool for plain functions."""

from tests.bench.contender import Ground
from tests.bench.peers.peer import PythonPeer, spread


class Taskiq(PythonPeer):
    """A process for each core."""

    name = "Taskiq"
    settings = "Redis stream, a process for each core on uvloop, which share the provider's connections as threads"
    scenarios = frozenset({"S3", "S4"})
    app = "taskiq"
    packages = ("taskiq", "taskiq-redis", "uvloop")

    def commands(self, ground: Ground) -> list[list[str]]:
        """One command, which forks."""
        widths = spread(ground.connections)
        width = str(min(widths))
        options = ["--workers", str(len(widths)), "--max-threadpool-threads", width, "--max-async-tasks", width]
        quiet = ["--log-level", "WARNING", "--wait-tasks-timeout", "1"]
        return [[self._program("taskiq"), "worker", f"{self.module}:broker", *options, *quiet]]

    def workers(self, ground: Ground) -> int:
        """One line for each process."""
        return len(spread(ground.connections))
