"""A total deadline for an outside call.

Read time-outs bound the wait for the next byte; a provider that drips a byte a second stays within them for ever, and
threads have no hard time limit. So each call names its socket here, and a watcher shuts the socket down when the time is
up: the call then fails at once with an error of its own library, and `expired` tells why.

One thread watches over all calls of a process, because a timer for each call is a thread for each call, and that costs
more than the rest of a mail does.
"""

import contextlib
import logging
import math
import os
import socket
import threading
import time
from types import TracebackType
from typing import Self

logger = logging.getLogger(__name__)

_current = threading.local()


class Deadline:
    """`with Deadline(10) as deadline:` around the calls that must be over in 10 seconds."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self._watcher = _watcher
        self._socket: socket.socket | None = None

    @property
    def expired(self) -> bool:
        """Whether the time is up, by the clock: a time-out of the library's own may come a moment before the watcher."""
        return time.monotonic() >= self.ends

    def left(self) -> float:
        """Seconds until it expires, never negative."""
        return max(0.0, self.ends - time.monotonic())

    def watch(self, sock: socket.socket | None) -> None:
        """From now on it is this socket that is shut down; at once, where the deadline has passed."""
        with self._watcher.lock:
            self._socket = sock
            if self.expired:
                self.shut()

    def __enter__(self) -> Self:
        _current.deadline = self
        self._watcher.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.end(self)
        self._socket = None
        _current.deadline = None

    def shut(self) -> None:
        """End what the call is waiting for. Under the watcher's lock: a call that ends now must keep its connection."""
        if self._socket is not None:
            # The plain socket's own shutdown, also under TLS: an orderly TLS goodbye would wait for the peer.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Watcher:
    """The deadlines that are running, and the thread that sleeps until the next of them.

    It is woken for a deadline that ends before it would look by itself, and for nothing else: most calls end long before
    their time, so it looks once in as many seconds as a call may take, however many calls there are.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._sooner = threading.Condition(self.lock)
        self._running: set[Deadline] = set()
        self._looks_at = math.inf
        self._thread: threading.Thread | None = None

    def begin(self, deadline: Deadline) -> None:
        with self.lock:
            self._running.add(deadline)
            if deadline.ends < self._looks_at:
                self._looks_at = deadline.ends
                self._wake()

    def end(self, deadline: Deadline) -> None:
        with self.lock:
            self._running.discard(deadline)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
            self._thread.start()
        self._sooner.notify()

    def _watch(self) -> None:
        with self.lock:
            while True:
                now = time.monotonic()
                for deadline in [one for one in self._running if one.ends <= now]:
                    self._end_call(deadline)
                self._looks_at = min((one.ends for one in self._running), default=math.inf)
                self._sooner.wait(None if self._looks_at == math.inf else self._looks_at - now)

    def _end_call(self, deadline: Deadline) -> None:
        self._running.discard(deadline)
        try:
            deadline.shut()
        except Exception:
            logger.exception("a connection could not be shut down")  # and every other call is still watched over


def current() -> Deadline | None:
    """The deadline this thread is under."""
    return getattr(_current, "deadline", None)


def _begin_anew() -> None:
    """In a child that was forked off: threads do not follow there, and the lock may have been held at that moment."""
    global _watcher  # noqa: PLW0603  # the one watcher of the process, and this is another process
    _watcher = _Watcher()


_watcher = _Watcher()
os.register_at_fork(after_in_child=_begin_anew)
