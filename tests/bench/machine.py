"""What the figures were measured on: processor, cores, memory, versions. Read once, at the end of a run."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psycopg
from redis import Redis

from tests.bench.stack import Stack

PACKAGES = ("celery", "kombu", "redis", "flask", "psycopg", "requests")
GIGABYTE = 1024**3


def describe(stack: Stack) -> dict[str, str]:
    """By name, in the order in which a reader wants them."""
    with psycopg.connect(stack.postgres.url) as connection:
        postgres = connection.info.server_version // 10_000
    with Redis.from_url(stack.redis.url) as client:
        redis = str(client.info("server")["redis_version"])
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / GIGABYTE:.0f} GB",
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "engines": f"PostgreSQL {postgres} (each commit synced to the disk), Redis {redis}",
        "python": f"{platform.python_version()}; {packages}",
        "commit": _commit(),
    }


def load() -> float:
    """The load average of the last minute: what others on the machine did meanwhile is in it."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.machine())


def _commit() -> str:
    """The commit the code is at, and whether it has been changed since."""
    here = Path(__file__).parent
    try:
        command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
