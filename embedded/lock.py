"""One `make run` for one data directory.

Separate because two supervisors on the same directory would each stop the other's PostgreSQL as a leftover.

It must never outlive its holder: it is the system's lock on an open file, so a kill -9 lets go of it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.errors import SettingError


@contextmanager
def hold(data_dir: Path) -> Iterator[bool]:
    """Create `data_dir` at need and hold it; yields whether its last holder ended without letting go in order.

    Raises SettingError when somebody holds it, or it cannot be made.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingError("DATA_DIR", f"{data_dir} cannot be used ({error.strerror})") from None
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingError("DATA_DIR", _held(data_dir, file.read().strip())) from None
        was_left = bool(file.read())
        _write(file.fileno(), str(os.getpid()))
        try:
            yield was_left
        finally:
            _write(file.fileno(), "")


def _held(data_dir: Path, pid: str) -> str:
    example = f"e.g. DATA_DIR={data_dir.name}2 make run"
    return f"{data_dir} is in use by another `make run` (process {pid or 'unknown'}); stop that one or choose another, {example}"


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("ascii"), 0)
