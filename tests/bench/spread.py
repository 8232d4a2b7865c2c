"""Figures in few words: percentiles of one round, median and range over the rounds.

Separate so that every benchmark does its arithmetic the same way. It must never drop a value because it stands out.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

DIGITS = ((1000, 0), (100, 0), (10, 1), (0, 2))  # from this size on, so many digits after the point


@dataclass(frozen=True, slots=True)
class Spread:
    """What the rounds brought: their median, the smallest and the largest."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        if self.least == self.most or math.isnan(self.median):
            return number(self.median)
        return f"{number(self.median)} ({number(self.least)} to {number(self.most)})"


def spread(values: Sequence[float]) -> Spread:
    """Median and range. A round that measured nothing is NaN and shows: then so are all three. Raises for no values."""
    if any(math.isnan(value) for value in values):
        return Spread(math.nan, math.nan, math.nan)
    return Spread(statistics.median(values), min(values), max(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that `percent` of them do not exceed; NaN where there is none."""
    if not 0 < percent <= 100:
        raise ValueError(f"a percentile is more than 0 and at most 100, not {percent}")
    if not values:
        return math.nan
    # Rounded before it is raised, because 0.99 * 100 is a hair more than 99 in binary.
    rank = math.ceil(round(percent / 100 * len(values), 9))
    return sorted(values)[rank - 1]


def number(value: float) -> str:
    """A figure with the digits that mean something: 12,345; 123; 12.3; 1.23; 0."""
    if not math.isfinite(value):
        return "n/a"
    if value == int(value):
        return f"{int(value):,}"
    places = next(places for size, places in DIGITS if abs(value) >= size)
    return f"{value:,.{places}f}"
