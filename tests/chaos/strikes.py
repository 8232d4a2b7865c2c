"""From a fault of the plan to the deed, and to its undoing.

Separate from the plan, which must not know what is running. It must never wait for an effect: a fault strikes, lasts
as long as the plan says, and is mended; what comes of it is counted at the end.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import psycopg
from redis import RedisError

from tests.chaos.blows import Blow
from tests.chaos.cluster import Cluster
from tests.chaos.faults import PROVIDERS
from tests.chaos.schedule import Fault
from tests.chaos.strikes_on_postgres import OnPostgres
from tests.chaos.strikes_on_programs import OnPrograms
from tests.chaos.strikes_on_redis import OnRedis

Deed = Callable[[str], None]

# Another fault was faster: what was to be struck is dead already. Noted, and nothing else.
NOTHING_THERE = (psycopg.Error, RedisError, ProcessLookupError, LookupError)


def _itself(_target: str) -> None:
    """It mends itself, or the platform does."""


class Strikes:
    """Strikes the faults of one round."""

    def __init__(self, cluster: Cluster, *, latency_ms: int) -> None:
        self._sandbox = cluster.sandbox
        self._latency_ms = latency_ms
        self._programs = OnPrograms(cluster.platform)
        self._deeds = _deeds(self._programs, OnRedis(cluster.redis), OnPostgres(cluster.postgres))
        self.missed: list[str] = []

    @property
    def blows(self) -> list[Blow]:
        """What left work in dead or frozen hands."""
        return self._programs.blows

    def none(self) -> None:
        """Both providers are well."""
        for provider in PROVIDERS:
            self._mend(provider)

    def begin(self, fault: Fault) -> None:
        """Strike."""
        with self._noting(fault):
            if fault.kind.mode:
                settings = {"latency_ms": self._latency_ms, **fault.kind.mode}
                self._sandbox.set_mode(fault.target, str(settings.pop("mode")), **settings)
            else:
                self._deeds[fault.kind.name][0](fault.target)

    def end(self, fault: Fault) -> None:
        """Mend."""
        with self._noting(fault):
            if fault.kind.mode:
                self._mend(fault.target)
            else:
                self._deeds[fault.kind.name][1](fault.target)

    def _mend(self, provider: str) -> None:
        self._sandbox.set_mode(provider, "ok", latency_ms=self._latency_ms)

    @contextlib.contextmanager
    def _noting(self, fault: Fault) -> Iterator[None]:
        try:
            yield
        except NOTHING_THERE as error:
            self.missed.append(f"{fault} ({type(error).__name__})")


def _deeds(programs: OnPrograms, redis: OnRedis, postgres: OnPostgres) -> Mapping[str, tuple[Deed, Deed]]:
    """By the names in `faults`: how it is done, and how it is undone."""
    return {
        "worker killed, its whole group": (programs.kill_worker_group, _itself),
        "worker killed, the parent alone": (programs.kill_worker_parent, _itself),
        "pool child killed": (programs.kill_pool_child, _itself),
        "relay killed": (programs.kill_relay, _itself),
        "web killed, its whole group": (programs.kill_web_group, _itself),
        "web child killed": (programs.kill_web_child, _itself),
        "redis flushed": (redis.flush, _itself),
        "redis restarted empty": (redis.restart, _itself),
        "redis gone": (redis.kill, redis.start),
        "redis frozen": (redis.freeze, redis.thaw),
        "redis out of memory": (redis.fill, redis.empty),
        "postgres restarted": (postgres.restart, _itself),
        "postgres gone": (postgres.kill, postgres.start),
        "sessions cut": (postgres.cut, _itself),
        "job rows blocked": (postgres.block, postgres.unblock),
        "worker frozen past its lease": (programs.freeze_worker, programs.thaw_worker),
        "worker stopped in order": (programs.stop_worker, _itself),
        "web stopped in order": (programs.stop_web, _itself),
    }
