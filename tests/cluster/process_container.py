"""A local process with the face of a Docker container, as far as pytest-celery looks at one.

So that pytest-celery's own containers, nodes, clusters and set-up work on it unchanged where there is no Docker engine. The
names are those of the Docker SDK's `Container`. It must never know what the process is: a worker here, Flower there.

One difference is wanted: killing a container ends everything in it, killing this ends the one process and nothing else. What
it leaves behind is what some of the tests are about.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from embedded.child import follow_parent


class ProcessContainer:
    """One program, started anew by every `restart`; its output is appended to `log`. It dies with this process."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
        self.id = uuid4().hex * 2
        self.name = f"process-{self.id[:12]}"
        self._argv = list(argv)
        self._env = dict(env)
        self._cwd = cwd
        self._log = log
        self._process = self._started()

    @property
    def status(self) -> str:
        """`running` or `exited`; a frozen process is running."""
        return "running" if self._process.poll() is None else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        """What `docker inspect` says, where somebody reads it."""
        return {
            "Config": {"Env": [f"{name}={value}" for name, value in self._env.items()], "Hostname": "127.0.0.1"},
            "HostConfig": {"PortBindings": {}},
            "NetworkSettings": {"Networks": {}, "Ports": {}},
            "State": {"Pid": self._process.pid, "ExitCode": self._process.returncode},
        }

    def reload(self) -> None:
        """Nothing to fetch: everything is looked up when it is asked for."""

    def logs(self) -> bytes:
        """What it has printed in all of its lives."""
        return self._log.read_bytes()

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """Send the signal; SIGKILL returns when the process is gone."""
        number = _number(signal)
        self._process.send_signal(number)
        if number == _number("SIGKILL"):
            self._process.wait()

    def restart(self, timeout: float = 10) -> None:
        """Ask it to end, insist after `timeout` seconds, start it again."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = self._started()

    def remove(self, *, force: bool) -> None:
        """End whatever is left of it, children included."""
        assert force, "a container that may be running is removed by force or not at all"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._argv,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal is pytest's
                # Two system calls and nothing else, so threads elsewhere in the parent do no harm.
                preexec_fn=lambda: follow_parent(signal.SIGKILL, parent),  # noqa: PLW1509
            )


def _number(name: str | int) -> int:
    return int(signal.Signals[name]) if isinstance(name, str) else name
