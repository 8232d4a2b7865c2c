"""The wish to stop (Ctrl-C, SIGTERM, SIGHUP), as something a loop can wait on together with its pipes.

Separate because a handler that raised would tear a start in two, leaving a child nobody knows of, and one that took a
lock could deadlock: here a handler notes the signal, the system writes a byte, and the loop looks when it is ready to.

It must never act on a signal itself.
"""

import os
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Self

_WISHES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAME_WISH_SECONDS = 0.3


class StopSignals:
    """A context in which those signals are noted; `fd` becomes readable with each.

    For the main thread, and for the rest of the process's life: when it is left the signals are ignored.
    """

    def __init__(self) -> None:
        self._heard_at: list[float] = []
        self.fd = -1

    def __enter__(self) -> Self:
        self.fd, self._write = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._write, False)
        # Under nohup a hang-up is ignored, and shall stay so.
        self._heard = [wish for wish in _WISHES if wish == signal.SIGINT or signal.getsignal(wish) != signal.SIG_IGN]
        for wish in self._heard:
            signal.signal(wish, self._note)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_exception: object) -> None:
        # Not back to what it was: everything is stopped by now, and one more impatient Ctrl-C must not spoil the exit.
        for wish in self._heard:
            signal.signal(wish, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        os.close(self.fd)
        os.close(self._write)

    @property
    def wished(self) -> bool:
        """Whether anybody wants us to stop."""
        return bool(self._heard_at)

    @property
    def hurried(self) -> bool:
        """Whether the wish was repeated. One that follows at once is the same one: make passes a SIGTERM on."""
        return bool(self._heard_at) and self._heard_at[-1] - self._heard_at[0] > _SAME_WISH_SECONDS

    def drain(self) -> None:
        """Empty the pipe, so that the next wait waits."""
        with suppress(BlockingIOError):
            while os.read(self.fd, 512):
                pass

    def _note(self, _signum: int, _frame: FrameType | None) -> None:
        self._heard_at.append(time.monotonic())
