"""One run of one process, with what it prints.

Separate from what keeps a process alive over many runs: this one starts, speaks and ends, once.

It must never block: it is read from the loop that also listens for Ctrl-C.
"""

import os
import subprocess
from collections import deque
from contextlib import suppress
from pathlib import Path

from embedded.child import Child
from embedded.processes import Process
from embedded.screen import Screen

_REMEMBERED_LINES = 20
_LONGEST_LINE = 16 * 1024
# What is read at one go, so that a process that floods its output does not keep the others waiting.
_READ_BYTES = 64 * 1024


class Attempt:
    """A process started in `cwd`; its lines go to `screen`, and the last of them are remembered."""

    def __init__(self, process: Process, screen: Screen, cwd: Path) -> None:
        self._name = process.name
        self._screen = screen
        self._partial = b""
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self.child = Child.start(process.argv, env=process.env, output=subprocess.PIPE, cwd=cwd)
        pipe = self.child.process.stdout
        assert pipe is not None
        self._pipe = pipe
        os.set_blocking(pipe.fileno(), False)

    @property
    def fd(self) -> int | None:
        """Becomes readable when it has said something; None once it can say nothing more."""
        return None if self._pipe.closed else self._pipe.fileno()

    def listen(self) -> list[str]:
        """Show, remember and return the lines that have come since the last time."""
        lines = self._take_lines(self._read())
        for line in lines:
            self.last_lines.append(line)
            self._screen.line(self._name, line)
        return lines

    def returncode(self) -> int | None:
        """None while it runs, else how it ended; by then its last words have been shown."""
        code = self.child.returncode()
        if code is not None and not self._pipe.closed:
            while self.listen():
                pass
            self._pipe.close()
        return code

    def _read(self) -> bytes:
        if self._pipe.closed:
            return b""
        with suppress(BlockingIOError):
            data = os.read(self._pipe.fileno(), _READ_BYTES)
            if not data:
                self._pipe.close()
                return b"\n" if self._partial else b""
            return data
        return b""

    def _take_lines(self, data: bytes) -> list[str]:
        *whole, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _LONGEST_LINE:
            whole.append(self._partial)
            self._partial = b""
        return [line.decode(errors="replace").rstrip("\r") for line in whole]
