"""The file postmaster.pid, and the process it may or may not still name.

Separate because this is the one place where a process we did not start just now is looked for and signalled, and
that needs more care than the rest of the engine: after a reboot the number in the file may be anybody's.

It must never signal a process whose command line does not say that it is the server of this very cluster.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from embedded.child import deadline

_POLL_SECONDS = 0.02
_STAGES = ((signal.SIGINT, 4.0), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 2.0))


def clear_the_way(cluster: Path) -> None:
    """Stop an earlier server of `cluster` that is still alive, and make a stale pid file harmless.

    The file itself stays: its last lines let the new server see whether backends of the old one still hold the shared
    memory, and without them two servers could write the same data.
    """
    file = cluster / "postmaster.pid"
    pid = _read_pid(file)
    if pid is None:
        return
    if _serves(pid, cluster):
        _stop(pid, cluster)
    if file.exists() and _is_alive(pid):
        _disown(file)


def _read_pid(file: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(file.read_text(encoding="ascii", errors="replace").splitlines()[0])
    return None


def _serves(pid: int, cluster: Path) -> bool:
    """Whether `pid` is a postgres that was started with -D `cluster`, as this package starts it."""
    words = _command_of(pid)
    return bool(words) and Path(words[0]).name.startswith("postgres") and _data_dir_of(words) == str(cluster)


def _data_dir_of(words: list[str]) -> str | None:
    return words[words.index("-D") + 1] if "-D" in words[:-1] else None


def _command_of(pid: int) -> list[str]:
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return []
    argv = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]  # macOS and the BSDs
    with suppress(OSError):
        return subprocess.run(argv, check=False, capture_output=True, text=True).stdout.split()
    return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop(pid: int, cluster: Path) -> None:
    for signum, seconds in _STAGES:
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
        until = deadline(seconds)
        while _serves(pid, cluster) and deadline(0) < until:
            time.sleep(_POLL_SECONDS)  # it is not our child, so there is nothing to wait on
        if not _serves(pid, cluster):
            return


def _disown(file: Path) -> None:
    """Put our own number in the first line: a server takes the number of its parent for a stale one, and starts."""
    lines = file.read_text(encoding="ascii", errors="replace").splitlines(keepends=True)
    file.write_text(f"{os.getpid()}\n" + "".join(lines[1:]), encoding="ascii")
