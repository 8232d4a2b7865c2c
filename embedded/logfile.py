"""The file an embedded engine writes its log to, and the end of it.

Separate because both engines have one and the supervisor shows its last lines when an engine will not start.

It must never grow without bound: each start begins it anew.
"""

from pathlib import Path
from typing import IO

# Enough to hold the reason of a failed start, which comes last.
_TAIL_BYTES = 4096


def begin(path: Path) -> IO[bytes]:
    """Open the log for a fresh start, readable by its owner alone."""
    file = path.open("wb")
    path.chmod(0o600)
    return file


def last_lines(path: Path, count: int = 12) -> list[str]:
    """The last `count` lines, fewer if there are not so many."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()[-count:]
