"""Procrastinate: the one peer whose jobs are rows in PostgreSQL; a worker with a concurrency for each core."""

from tests.bench.contender import Ground
from tests.bench.peers.peer import PythonPeer, spread


class Procrastinate(PythonPeer):
    """Two workers."""

    name = "Procrastinate"
    settings = "a worker for each core, which share the provider's connections as their concurrency, LISTEN/NOTIFY"
    scenarios = frozenset({"S3", "S4"})
    app = "procrastinate"
    packages = ("procrastinate", "psycopg")

    def clear(self, ground: Ground) -> None:
        """Its schema, anew."""
        super().clear(ground)
        self._feed(ground, self._feeder("prepare"), ())

    def commands(self, ground: Ground) -> list[list[str]]:
        """A worker for each share of the concurrency."""
        return [self._python("-m", self.module, str(width)) for width in spread(ground.connections)]

    def workers(self, ground: Ground) -> int:
        """One line each."""
        return len(spread(ground.connections))
