"""Ports for programs that must be told theirs before they start.

Separate from `embedded.ports`, whose choice is the system's: a port that is free when it is asked for can be somebody
else's by the time the program has come up, and where several sessions of tests run side by side that somebody is likely.
Here each session has a range of its own, under those from which systems give ports to whoever connects, and goes through
it in order.
"""

import itertools
import os
from collections.abc import Iterator

from embedded.ports import is_free

LOWEST, EACH, SESSIONS = 12_000, 2_000, 10


def _mine() -> Iterator[int]:
    """This session's, round and round: xdist's workers are `gw0`, `gw1` and so on; whoever is alone is the last."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = int(worker.removeprefix("gw")) % (SESSIONS - 1) if worker else SESSIONS - 1
    first = LOWEST + number * EACH
    # Begun anywhere, so that two checkouts that are tested at the same time do not go through it in step.
    return (first + step % EACH for step in itertools.count(os.getpid()))


_PORTS = _mine()


def free_port() -> int:
    """One that nobody listens on, and that no other test was given lately."""
    return next(filter(is_free, _PORTS))
