"""Processes whose parents are gone: they become ours, and are ended with us.

Separate because it is the last line behind the promise that a stop leaves nothing behind. A program may start others in
a session of their own, where a signal to its group does not reach them; on Linux they are handed to the nearest
ancestor that asked for them (PR_SET_CHILD_SUBREAPER), which is what the supervisor does. Elsewhere they go to init, and
it is each program's own task to end its children.

It must never wait for, or signal, a child that somebody here still holds.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from embedded.child import children_of, deadline, end

PR_SET_CHILD_SUBREAPER = 36

_END_SECONDS = 1.0
_PAUSE_SECONDS = 0.005

_CAN = sys.platform == "linux" and hasattr(os, "waitid")


def adopt() -> None:
    """From now on orphaned descendants become children of this process."""
    if _CAN:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def reap(is_held: Callable[[int], bool]) -> None:
    """Collect adopted children that have ended, so that no zombie stays; those for whom `is_held` holds are left."""
    while _CAN:
        with suppress(ChildProcessError):
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None and not is_held(ended.si_pid):
                os.waitpid(ended.si_pid, 0)
                continue
        return


def end_all() -> None:
    """SIGKILL for every child that is left, and for theirs as they become ours. Call it last of all."""
    give_up = deadline(_END_SECONDS)
    while _CAN and deadline(0) < give_up:
        for pid in children_of(os.getpid()):
            end(pid)
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(_PAUSE_SECONDS)  # they are dying; nothing else is left to do here
        except ChildProcessError:
            return
