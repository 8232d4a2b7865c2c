"""Who is whose child, read from /proc: the faults need the one pool child, or the one relay, of a running worker.

Separate, because it is the only place that looks at processes we did not start ourselves. It must never signal one that
does not descend from a program of the cluster's.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path


def _living() -> Iterator[tuple[int, int, int]]:
    """Pid, parent and group of every process that is more than a zombie."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            # The name is in brackets and may hold anything, so what follows the last one is read.
            state, parent, group, *_ = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if state not in "ZX":
                yield int(folder.name), int(parent), int(group)


def children(of: int) -> list[int]:
    """The live children of a process, whichever of its threads has started them; oldest first."""
    return sorted(pid for pid, parent, _ in _living() if parent == of)


def group(leader: int) -> list[int]:
    """Whoever lives in the group of this leader."""
    return [pid for pid, _, its in _living() if its == leader]


def descendants(parent: int) -> list[int]:
    """Everybody below `parent`."""
    below = children(parent)
    return [*below, *(one for child in below for one in descendants(child))]


def command(pid: int) -> str:
    """Its command line, or nothing where it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def relay_of(worker: int) -> int | None:
    """The relay that this worker keeps."""
    return next((pid for pid in children(worker) if "workers.relay" in command(pid)), None)


def pool_children_of(worker: int) -> list[int]:
    """The children of a prefork pool: what a worker has forked and nothing else; none under another pool."""
    own = command(worker)
    return [pid for pid in children(worker) if command(pid) == own]
