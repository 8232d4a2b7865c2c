"""Waiting on a condition, with a limit. The one way in which tests wait: none of them sleeps and hopes."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_EVERY_S = 0.01


def eventually(condition: Callable[[], T], within: float = 20.0) -> T:
    """The first true value of `condition`; AssertionError with its last value when there is none within so many seconds."""
    ends = time.monotonic() + within
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < ends, f"not within {within} s; the last value was {value!r}"
        pause.wait(LOOK_EVERY_S)
    return value
