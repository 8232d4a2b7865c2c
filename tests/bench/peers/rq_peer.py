"""RQ: its worker pool. A worker does one job at a time, so concurrency is processes."""

from tests.bench.contender import Ground
from tests.bench.peers.peer import CORES, PythonPeer


class Rq(PythonPeer):
    """A pool of `SimpleWorker`s."""

    name = "RQ"
    settings = "worker-pool of SimpleWorkers: two for each core in S3, one for each of the provider's connections in S4; results dropped"
    scenarios = frozenset({"S3", "S4"})
    app = "rq"
    packages = ("rq", "redis")

    def commands(self, ground: Ground) -> list[list[str]]:
        """One pool."""
        options = ["--config", self.module, "--worker-class", f"{self.module}.Worker", "--logging-level", "WARNING"]
        return [[self._program("rq"), "worker-pool", *options, "--num-workers", str(self.workers(ground))]]

    def workers(self, ground: Ground) -> int:
        """Two for each core were faster than one; more help only where workers wait for the provider."""
        return ground.connections if ground.provider == "listmonk" else min(2 * CORES, ground.connections)
