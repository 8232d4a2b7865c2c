"""Where nodes come from on a machine with a Docker engine: containers of the project's own image. USHER_TEST_NODES=docker.

This file has never been run: the project is developed where there is no Docker engine. It is kept this small so that it can be
right all the same. It builds the image from the Dockerfile at the root, and shares the machine's network and process ids
with the containers: then PostgreSQL, the sandbox and Redis are at the addresses the tests know, and a process id read from
the ledger can be signalled, as with local processes. That sharing needs Linux and, for the signals, the right to send them.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import docker

ROOT = Path(__file__).resolve().parents[2]
REDIS_IMAGE = "redis:7"
SHARED = {"network_mode": "host", "pid_mode": "host", "detach": True}


class DockerEngine:
    """Starts containers; returns the Docker SDK's own objects."""

    def __init__(self) -> None:
        self._client = docker.from_env()
        self._client.ping()
        self._image, _ = self._client.images.build(path=str(ROOT), tag="usher:cluster-tests", rm=True)
        self._port = 36_379

    def celery(self, arguments: Sequence[str], env: Mapping[str, str]) -> Any:
        """`celery -A workers ...` in the project's image."""
        command = ["celery", "-A", "workers", *arguments]
        return self._client.containers.run(self._image.id, command, environment=dict(env), **SHARED)

    def redis(self) -> Any:
        """A Redis of one's own, on the next port, behind a password."""
        self._port += 1
        password = secrets.token_hex(16)
        command = [
            "redis-server",
            "--bind",
            "127.0.0.1",
            "--port",
            str(self._port),
            "--requirepass",
            password,
            "--save",
            "",
        ]
        env = {"URL": f"redis://:{password}@127.0.0.1:{self._port}/0"}
        return self._client.containers.run(REDIS_IMAGE, command, environment=env, **SHARED)

    def close(self) -> None:
        """Hang up; the nodes have been removed by then."""
        self._client.close()
