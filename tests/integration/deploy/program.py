"""A command of the Procfile or of docker-compose.yml as a process: started, listened to, asked to stop.

Separate because what is deployed is a command and an environment and nothing else, so that is all a program here is
given: not the surroundings of whoever runs the tests. It must never end other than as a platform would end it.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psutil

from embedded import procfile
from tests.integration.embedded.watching import processes_with
from tests.waiting import eventually

GRANTED_S = 10
"""What most platforms grant between SIGTERM and SIGKILL."""

START_S = 30  # several programs start at once, on a machine that may be busy with something else
SURROUNDINGS = {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "HOME": "/nowhere",
    "PYTHONUNBUFFERED": "1",
}


class Program:
    """One running command. A context: whatever a test leaves running is killed, with all it has started."""

    def __init__(self, command: str, environment: Mapping[str, str], *, folder: Path, log: Path) -> None:
        self._log = log
        self._mark = uuid.uuid4().hex
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                procfile.as_argv(command),
                cwd=folder,
                env={**SURROUNDINGS, **environment, "USHER_TEST_MARK": self._mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """Everything it has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def until_it_says(self, text: str) -> None:
        """Return once its output contains `text`; fails when it ends before."""

        def said() -> bool:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log}"
            return text in self.log

        eventually(said, within=START_S)

    def end(self) -> int:
        """Wait for what ends by itself; returns the exit code."""
        return self.process.wait(START_S)

    def stop(self) -> int:
        """SIGTERM; returns the exit code. Fails when that takes longer than is granted, or something is left behind."""
        self.process.terminate()
        asked = time.monotonic()
        code = self.process.wait(GRANTED_S)
        left = max(0.1, GRANTED_S - (time.monotonic() - asked))
        eventually(lambda: not self.remains(), within=left)
        return code

    def remains(self) -> list[psutil.Process]:
        """Every process that is there because of this one, itself included."""
        return [one for one in processes_with(self._mark) if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for one in self.remains():
            one.kill()
        self.process.wait(GRANTED_S)
