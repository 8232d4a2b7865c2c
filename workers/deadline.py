"""A total deadline for an outside call.

Read time-outs bound the wait for the next byte; a provider that drips a byte a second stays within them for ever, and
threads have no hard time limit. So each call names its socket here, and a watcher shuts the socket down when the time is
up: the call then fails at once with an error of its own library, and `expired` tells why.
"""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

_current = threading.local()


class Deadline:
    """`with Deadline(10) as deadline:` around the calls that must be over in 10 seconds."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.expired = False

    def left(self) -> float:
        """Seconds until it expires, never negative."""
        return max(0.0, self._ends - time.monotonic())

    def watch(self, sock: socket.socket | None) -> None:
        """From now on it is this socket that is shut down; at once, where the deadline has passed."""
        with self._lock:
            self._socket = sock
            expired = self.expired
        if expired:
            self._shut()

    def __enter__(self) -> Self:
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None
        _current.deadline = None

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
        self._shut()

    def _shut(self) -> None:
        with self._lock:
            sock = self._socket
        if sock is not None:
            # The plain socket's own shutdown, also under TLS: an orderly TLS goodbye would wait for the peer.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def current() -> Deadline | None:
    """The deadline this thread is under."""
    return getattr(_current, "deadline", None)
