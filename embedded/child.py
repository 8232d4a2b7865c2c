"""How a program is started here, so that none is ever left behind.

Separate because the engines, the supervisor and the fault tests all start programs and all need the same
three promises: a session of its own (a terminal's Ctrl-C reaches the supervisor alone, which then stops the
others in order), an end together with its parent even when that is killed with -9, and a stop that is bounded.

The second promise is Linux's (PR_SET_PDEATHSIG). Elsewhere it is best effort: a parent that exits in good order
stops its children, one that is killed with -9 leaves them running.

It must never decide *when* something runs or stops: that is the supervisor's.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from embedded.account import Account

PR_SET_PDEATHSIG = 1

# Loaded at import because a child between fork and exec must not take the dynamic loader's lock.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def follow_parent(death_signal: signal.Signals, parent: int) -> None:
    """The calling process gets `death_signal` when `parent` dies; nothing happens where the system cannot do it.

    The kernel means the *thread* that forked: start children from a thread that outlives them.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != parent:  # it died before the call above, so the signal would never come
        os.kill(os.getpid(), death_signal)


class Child:
    """A running program and everything in its process group."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.pid = process.pid

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        output: int | IO[bytes],
        cwd: Path | None = None,
        account: Account | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> "Child":
        """Start `argv`; `output` gets what it prints, both streams. Raises OSError if there is no such program.

        `death_signal` is what it gets when the calling thread's process dies without having stopped it.
        """
        parent = os.getpid()
        process = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            # Nothing but two system calls happens in there, so threads elsewhere in the parent do no harm.
            preexec_fn=lambda: follow_parent(death_signal, parent),  # noqa: PLW1509
        )
        return cls(process)

    def returncode(self) -> int | None:
        """None while it runs; afterwards its exit code, or minus the signal that ended it.

        What a dead leader leaves in its group is ended with it: an orphaned web worker would hold the port.
        """
        return self.wait(0)

    def wait(self, timeout: float) -> int | None:
        """As `returncode`, after at most `timeout` seconds; returns early when it ends."""
        if self.process.returncode is None:  # only once: later the number may be another's
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
                self._signal_group(signal.SIGKILL)
        return self.process.returncode

    def send(self, signum: signal.Signals) -> None:
        """Signal the program itself, not its group: a graceful stop is the leader's to conduct."""
        if self.returncode() is None:
            self.process.send_signal(signum)

    def ask_to_stop(self, signum: signal.Signals = signal.SIGTERM) -> None:
        """Send `signum`, and wake the program if it is paused: a stopped process hears nothing."""
        self.send(signum)
        self.send(signal.SIGCONT)

    def stop(self, *stages: tuple[signal.Signals, float]) -> int | None:
        """Send each stage's signal and wait its seconds; what is left after the last is killed, the group with it."""
        for signum, seconds in stages:
            self.ask_to_stop(signum)
            if self.wait(seconds) is not None:
                return self.process.returncode
        return self.kill()

    def kill(self) -> int | None:
        """SIGKILL for the whole group; returns when the program is gone."""
        if self.returncode() is None:
            self._signal_group(signal.SIGKILL)
        return self.process.wait()

    def _signal_group(self, signum: signal.Signals) -> None:
        # PermissionError is macOS's answer for a group in which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started and that still run, where the system tells; else none."""
    with contextlib.suppress(OSError, ValueError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return []


def end(pid: int) -> None:
    """SIGKILL for one of `children_of`, unless it has ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def describe_end(returncode: int) -> str:
    """`exit code 3` or `SIGKILL`, for a line about how something ended."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"


def deadline(seconds: float) -> float:
    """The moment `seconds` from now on the monotonic clock."""
    return time.monotonic() + seconds
