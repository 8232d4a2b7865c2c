"""Plain Celery, the yardstick: prefork where calls take no time, threads and gevent where they take 50 ms."""

from collections.abc import Mapping, Sequence

from tests.bench.contender import Ground
from tests.bench.peers.peer import CORES, PythonPeer, sent_at, spread

COMMON = ("--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat")


class PlainCelery(PythonPeer):
    """Celery with one pool. Gossip, mingling and heartbeats are off, as its guide says for speed, and so are events."""

    app = "celery"
    packages: tuple[str, ...] = ("celery", "kombu", "redis")
    pool: str
    prefetch: int
    acks_late = True

    def commands(self, ground: Ground) -> list[list[str]]:
        """A worker for each share of the concurrency."""
        return [self._worker(n, width) for n, width in enumerate(self.widths(ground))]

    def widths(self, ground: Ground) -> list[int]:
        """The concurrency of each worker."""
        return spread(ground.connections)

    def workers(self, ground: Ground) -> int:
        """One line each."""
        return len(self.widths(ground))

    def environment(self, ground: Ground) -> dict[str, str]:
        """And how far ahead it fetches, and when it acknowledges."""
        more = {"CELERY_PREFETCH": str(self.prefetch), "CELERY_ACKS_LATE": str(int(self.acks_late))}
        return super().environment(ground) | more

    def send(self, ground: Ground, addresses: Sequence[str], *, per_second: float) -> Mapping[str, float]:
        """By `delay()`."""
        return sent_at(self._feed(ground, self._feeder("send", str(per_second)), addresses))

    def _worker(self, number: int, width: int) -> list[str]:
        options = ("--pool", self.pool, "--concurrency", str(width), "--hostname", f"bench{number}@%h")
        return [self._program("celery"), "--app", self.module, "worker", *options, *COMMON]


class PreforkCelery(PlainCelery):
    """One child for each core: the work is all processor where the provider answers at once."""

    name = "plain Celery, prefork"
    settings = "one worker, a prefork child for each core, prefetch 64, acks_late, no events, batch publishing"
    scenarios = frozenset({"S3", "S5"})
    pool = "prefork"
    prefetch = 64

    def widths(self, ground: Ground) -> list[int]:
        """One worker."""
        return [min(CORES, ground.connections)]


class ThreadsCelery(PlainCelery):
    """As many threads as the provider takes calls. In S3 as well, because it was at times ahead of prefork there."""

    name = "plain Celery, threads"
    settings = (
        "a worker for each core, which share the provider's connections as threads, prefetch 16, acks_late, no events"
    )
    scenarios = frozenset({"S3", "S4", "S5"})
    pool = "threads"
    prefetch = 16


class GeventCelery(PlainCelery):
    """As many greenlets as the provider takes calls."""

    name = "plain Celery, gevent"
    settings = (
        "a worker for each core, which share the provider's connections as greenlets, prefetch 16, early "
        "acknowledgement (late ones lose messages under gevent), no events"
    )
    scenarios = frozenset({"S4"})
    packages = (*PlainCelery.packages, "gevent")
    pool = "gevent"
    prefetch = 16
    acks_late = False
