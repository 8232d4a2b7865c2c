"""The embedded Redis with the face of a Docker container.

Separate from other processes, because the engine starts and stops this one itself, at the same address each time.
"""

import os
import signal as signals
from pathlib import Path
from typing import Any
from uuid import uuid4

from embedded.redis import EmbeddedRedis


class RedisProcessContainer:
    """A redis-server that keeps nothing: every start is an empty one."""

    def __init__(self, data_dir: Path) -> None:
        self.id = uuid4().hex * 2
        self.name = f"redis-{self.id[:12]}"
        self._engine = EmbeddedRedis(data_dir)
        self._engine.start()

    @property
    def status(self) -> str:
        """`running` or `exited`; a frozen one is running."""
        return "running" if self._engine.is_running else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        """What `docker inspect` says, where somebody reads it."""
        return {
            "Config": {"Env": [f"URL={self._engine.url}"], "Hostname": "127.0.0.1"},
            "HostConfig": {"PortBindings": {}},
            "NetworkSettings": {"Networks": {}, "Ports": {}},
            "State": {"Pid": self._engine.child.pid if self._engine.child else 0},
        }

    def reload(self) -> None:
        """Nothing to fetch: everything is looked up when it is asked for."""

    def logs(self) -> bytes:
        """What it has printed since its last start."""
        return self._engine.log.read_bytes()

    def kill(self, signal: str = "SIGKILL") -> None:
        """SIGKILL returns when it is gone."""
        assert self._engine.child is not None
        if signal == "SIGKILL":
            self._engine.kill()
        else:
            os.kill(self._engine.child.pid, signals.Signals[signal])

    def restart(self, timeout: float = 10) -> None:  # noqa: ARG002  # the engine bounds each step itself
        """Stop it, and start an empty one at the same address."""
        self._engine.restart()

    def remove(self, *, force: bool) -> None:
        """End it, frozen or not."""
        assert force, "a container that may be running is removed by force or not at all"
        self._engine.kill()
