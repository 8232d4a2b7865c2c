"""What a process and all below it hold in memory, from /proc; NaN where the system has none."""

import contextlib
from pathlib import Path

from redis import Redis

from tests.chaos.kin import descendants

MEGABYTE = 1024 * 1024


def resident_mb(pid: int) -> float:
    """The resident sets of `pid` and its descendants, added up; pages that a fork shares count for each."""
    kilobytes = [_kilobytes(one) for one in (pid, *descendants(pid))]
    return sum(kilobytes) / 1024 if any(kilobytes) else float("nan")


def redis_mb(url: str) -> float:
    """What Redis says it uses."""
    with Redis.from_url(url, socket_timeout=5) as client:
        return float(client.info("memory")["used_memory"]) / MEGABYTE


def _kilobytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
