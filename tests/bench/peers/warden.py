"""`python -m tests.bench.peers.warden SECONDS LOG COMMANDS`: keeps a peer's processes, and leaves none of them behind.

A process of its own, so that it outlives a driver that was killed: it ends everything when its standard input closes,
after SECONDS at the latest, or as soon as one of COMMANDS (a JSON list of argument lists) has ended by itself. A peer may
put its children into groups of their own (RQ does); as their subreaper the warden gets at those as well.

It must never start anything again: a worker that ends during a run makes the run worthless, and that has to show.
"""

import json
import os
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from embedded import orphans
from embedded.child import Child, deadline

LOOK_S = 0.1
GRACE_S = 3.0
ENDED_BY_ITSELF, TOO_LATE = 3, 4


def main(within_s: float, log: Path, commands: Sequence[Sequence[str]]) -> int:
    """0 when it was told to stop; another number says which of the other reasons it was."""
    ends = deadline(within_s)
    orphans.adopt()
    for wish in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(wish, lambda *_: sys.exit(0))
    children: list[Child] = []
    try:
        with log.open("ab") as output:
            children += [Child.start(command, env=os.environ, output=output) for command in commands]
        return _watch(children, ends)
    finally:
        _end(children)


def _watch(children: Sequence[Child], ends: float) -> int:
    held = {child.pid for child in children}
    while deadline(0) < ends:
        if select.select([sys.stdin], [], [], LOOK_S)[0]:  # nothing is ever written there, so it has closed
            return 0
        if any(child.process.poll() is not None for child in children):
            return ENDED_BY_ITSELF
        orphans.reap(held.__contains__)
    return TOO_LATE


def _end(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    patience = deadline(GRACE_S)
    for child in children:
        child.wait(max(0.0, patience - deadline(0)))
        child.kill()
    orphans.end_all()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])))
