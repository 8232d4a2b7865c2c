"""Tells of SIGTERM and SIGINT at once, so that streams end with the process and not eight seconds later.

Separate because the server has the signals: it sets its own handlers after the application is loaded, waits for every answer to
be finished, and tells nobody. Python writes each signal to a descriptor as well, whoever handles it, and that is free.
"""

import os
import signal
import threading
from collections.abc import Callable

_STOP = frozenset({signal.SIGTERM, signal.SIGINT})


def at_stop(call: Callable[[], None]) -> None:
    """Have `call` called from a thread when the process is told to stop. For the main thread of a process, once."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(read_end, call), name="usher-farewell", daemon=True).start()


def _listen(read_end: int, call: Callable[[], None]) -> None:
    while heard := os.read(read_end, 64):
        if _STOP.intersection(heard):
            call()
