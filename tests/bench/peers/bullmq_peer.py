"""BullMQ, the one peer that is not Python: worker processes of Node, each with a concurrency on one event loop."""

from collections.abc import Sequence

from tests.bench.contender import Ground
from tests.bench.peers.node_environment import PACKAGES, NodeEnvironment
from tests.bench.peers.peer import Peer


class Bullmq(Peer):
    """One worker: an event loop of Node's is faster than the provider it talks to."""

    name = "BullMQ"
    settings = "one Node process, concurrency as many as the provider's connections, finished jobs removed, addBulk"
    scenarios = frozenset({"S3", "S4"})

    def __init__(self) -> None:
        self._installed = NodeEnvironment()

    def install(self) -> None:
        """Its packages, and Node where there is none."""
        self._installed.install()

    def version(self) -> str:
        """Of its packages, and of Node."""
        packages = [self._installed.version_of(package) for package in ("bullmq", "ioredis", "undici")]
        return ", ".join([*packages, self._installed.node_version()])

    def environment(self, ground: Ground) -> dict[str, str]:
        """And where its packages are."""
        more = {"NODE_PATH": str(self._installed.modules), "NODE_ENV": "production"}
        return super().environment(ground) | more | {"CONCURRENCY": str(ground.connections)}

    def enqueue(self, ground: Ground, addresses: Sequence[str]) -> None:
        """In bulk."""
        self._feed(ground, [self._installed.node, str(PACKAGES / "enqueue.cjs")], addresses)

    def commands(self, ground: Ground) -> list[list[str]]:
        """One worker."""
        _ = ground
        return [[self._installed.node, str(PACKAGES / "work.cjs")]]

    def workers(self, ground: Ground) -> int:
        """One line."""
        _ = ground
        return 1
