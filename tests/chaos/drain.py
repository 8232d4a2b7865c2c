"""Waiting until the system is done, on the condition and not for a time.

Separate, because this decides when one may count. It gives up only when nothing at all has moved for long, though
everything is mended and work is due: so a slow machine changes how long it takes and not what comes out.
"""

import threading
import time

import psycopg
from redis import RedisError

from tests.chaos.cluster import Cluster
from tests.chaos.systems import Backlog

LOOK_S = 0.25
STANDSTILL_S = 100.0


def until_done(cluster: Cluster, *, most_s: float) -> float:
    """Seconds until there was nothing left to do, or until it was given up: what is left then is counted as unfinished."""
    began = moved = time.monotonic()
    seen: object = None
    pause = threading.Event()
    while time.monotonic() - began < most_s:
        backlog = _backlog(cluster)
        if backlog is not None and not backlog.count:
            break
        now, progress = time.monotonic(), (backlog, _calls(cluster))
        if progress != seen or (backlog is not None and backlog.count == backlog.waiting):
            seen, moved = progress, now
        if now - moved > STANDSTILL_S:
            break
        pause.wait(LOOK_S)
    return time.monotonic() - began


def _backlog(cluster: Cluster) -> Backlog | None:
    try:
        return cluster.system.backlog(cluster.at)
    except (psycopg.Error, RedisError):
        return None


def _calls(cluster: Cluster) -> list[object]:
    return [cluster.sandbox.state(provider)["requests"] for provider in ("listmonk", "smtp")]
