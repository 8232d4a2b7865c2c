"""How a drain is judged: its rate between two moments, and what was lost or came twice."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bench.drain import journalled, miscounted, rate
from tests.bench.rivals import FIRST_COUNT, LEAST_COUNT, MOST_COUNT, enough_for


def effect(address: str, second: float) -> dict[str, Any]:
    return {"key": address, "at": datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds")}


def test_the_first_event_starts_the_clock_and_is_not_counted() -> None:
    assert rate([10.0, 11.0, 12.0]) == 1.0


def test_calls_that_arrive_in_waves_of_the_limit_make_exactly_the_limits_rate() -> None:
    """32 at once, each answered after 50 ms: 640 a second, however short the measurement is."""
    times = sorted(wave * 0.05 for wave in range(5) for _ in range(32))
    assert rate(times, wave=32) == pytest.approx(640)


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 1.0]])
def test_too_little_to_measure_is_no_number(times: list[float]) -> None:
    assert math.isnan(rate(times))


def test_who_never_came_is_lost_and_who_came_again_is_repeated() -> None:
    assert miscounted(["a", "b", "b", "b"], ["a", "b", "c", "d"]) == (2, 2)


def test_a_journal_that_is_out_of_order_is_judged_by_its_moments() -> None:
    found = journalled([effect("b", 3.0), effect("a", 1.0), effect("c", 2.0)], ["a", "b", "c"])
    assert (found.per_second, found.lost, found.repeated) == (pytest.approx(1.0), 0, 0)


def test_an_empty_journal_has_lost_everything() -> None:
    found = journalled([], ["a", "b"])
    assert math.isnan(found.per_second)
    assert (found.lost, found.repeated) == (2, 0)


@pytest.mark.parametrize(
    ("per_second", "expected"),
    [(500.0, 3_000), (1.0, LEAST_COUNT), (1e6, MOST_COUNT), (math.nan, FIRST_COUNT), (0.0, FIRST_COUNT)],
)
def test_a_drain_is_made_long_enough_for_the_speed_that_was_seen(per_second: float, expected: int) -> None:
    assert enough_for(per_second, 6) == expected
