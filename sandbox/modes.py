"""The ways in which a provider can be broken, and the one decision among them that is left to chance.

Separate, because every provider and the page share it and it can be tested without a socket. It must never do
anything: what a mode means on the wire is said in http_provider.py and smtp.py.
"""

from enum import StrEnum


class Mode(StrEnum):
    """One way of behaving; the values are those of `PUT /_control/{provider}`."""

    OK = "ok"
    DOWN = "down"
    REFUSE = "refuse"
    ERROR = "error"
    FLAKY = "flaky"
    SLOW = "slow"
    DRIP = "drip"
    HANG = "hang"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    COMMIT_THEN_DROP = "commit_then_drop"


def behaviour(mode: Mode, error_rate: float, roll: float) -> Mode:
    """What one call meets: flaky becomes error or ok by `roll` (0 <= roll < 1), slow is ok (its latency is the same
    pause that every mode can have); the others are themselves.
    """
    if mode is Mode.FLAKY:
        return Mode.ERROR if roll < error_rate else Mode.OK
    if mode is Mode.SLOW:
        return Mode.OK
    return mode
