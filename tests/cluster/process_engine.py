"""Where nodes come from when there is no Docker engine: local processes.

Has the same three methods as `docker_engine`; what they return has the Docker SDK's face. It must never decide which nodes
a test gets: that is the fixtures' business.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.process_container import ProcessContainer
from tests.cluster.redis_container import RedisProcessContainer

ROOT = Path(__file__).resolve().parents[2]


class ProcessEngine:
    """Starts processes of this checkout; their logs and data go to `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = 0

    def celery(self, arguments: Sequence[str], env: Mapping[str, str]) -> ProcessContainer:
        """`celery -A workers ...` with this environment and nothing else of ours."""
        celery = Path(sys.executable).with_name("celery")
        return ProcessContainer(
            [str(celery), "-A", "workers", *arguments],
            env={"PATH": os.environ["PATH"], **env},
            cwd=ROOT,
            log=self._next("celery").with_suffix(".log"),
        )

    def redis(self) -> RedisProcessContainer:
        """A Redis of one's own."""
        return RedisProcessContainer(self._next("redis"))

    def close(self) -> None:
        """Nothing that outlives the nodes."""

    def _next(self, what: str) -> Path:
        self._started += 1
        return self._folder / f"{what}-{self._started}"
