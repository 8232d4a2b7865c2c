"""Playing a plan: each fault begins and ends at its time, counted from the first sign-up.

Separate from the deeds. It must never skip a fault because an earlier one took long: it strikes late then.
"""

import threading
import time
from collections.abc import Sequence

from tests.chaos.schedule import Fault
from tests.chaos.strikes import Strikes


def play(faults: Sequence[Fault], strikes: Strikes, *, began: float) -> None:
    """Returns when the last fault is mended; `began` is the monotonic time that the plan counts from."""
    pause = threading.Event()
    for at, _, ends, fault in sorted(_turns(faults)):
        pause.wait(max(0.0, began + at - time.monotonic()))
        if ends:
            strikes.end(fault)
        else:
            strikes.begin(fault)


def _turns(faults: Sequence[Fault]) -> list[tuple[float, int, bool, Fault]]:
    """Beginnings and ends; the number keeps faults themselves from being compared."""
    turns = []
    for n, fault in enumerate(faults):
        turns.append((fault.at, 2 * n, False, fault))
        turns.append((fault.at + fault.seconds, 2 * n + 1, True, fault))
    return turns
