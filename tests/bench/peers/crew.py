"""A peer's workers, seen from the driver: started through the warden, waited for, asked about, ended.

Separate from the warden, which is another process, and from the peers, which only say what to run.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.contender import ContenderError
from tests.bench.peers.apps.ready import LINE
from tests.bench.peers.places import ROOT
from tests.bench.peers.warden import GRACE_S

UP_S = 60.0
LOOK_S = 0.02
TAIL = 2000


class Crew:
    """Workers that run under a warden; `tests.bench.contender.Working`."""

    def __init__(self, name: str, warden: "subprocess.Popen[bytes]", log: Path) -> None:
        self._name = name
        self._warden = warden
        self._log = log

    def check(self) -> None:
        """ContenderError where the warden has ended, which it does with the first of its workers."""
        if self._warden.poll() is not None:
            raise ContenderError(f"{self._name}: ended by itself or after its time; it said: {self._tail()}")

    def wait_until_up(self, workers: int) -> None:
        """Return once so many workers have said that they are up. Raises ContenderError."""
        ends = time.monotonic() + UP_S
        while self._log.read_text(errors="replace").count(LINE) < workers:
            self.check()
            if time.monotonic() > ends:
                raise ContenderError(f"{self._name}: not up within {UP_S:.0f} s; it said: {self._tail()}")
            time.sleep(LOOK_S)

    def dismiss(self) -> None:
        """End all of it, and wait for that."""
        assert self._warden.stdin is not None
        self._warden.stdin.close()
        try:
            self._warden.wait(GRACE_S + UP_S)
        except subprocess.TimeoutExpired:
            self._warden.kill()
            self._warden.wait()

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-TAIL:].strip()


@contextmanager
def crew(
    name: str, commands: Sequence[Sequence[str]], *, workers: int, env: Mapping[str, str], log: Path, within_s: float
) -> Iterator[Crew]:
    """Run `commands` until the block ends, for `within_s` seconds at most; entered when `workers` of them are up."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    command = [sys.executable, "-m", "tests.bench.peers.warden", str(within_s), str(log), json.dumps(commands)]
    # A session of its own: Ctrl-C is the driver's, whose end closes the pipe.
    warden = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, start_new_session=True)
    found = Crew(name, warden, log)
    try:
        found.wait_until_up(workers)
        yield found
    finally:
        found.dismiss()
