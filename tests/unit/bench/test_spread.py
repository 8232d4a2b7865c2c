"""The benchmarks' arithmetic: percentiles, medians, ranges, and how they are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.spread import Spread, number, percentile, spread

VALUES = st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=300)


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (95, 95), (99, 99), (99.9, 100), (100, 100), (1, 1)])
def test_of_a_hundred_values_each_percentile_is_the_one_with_that_rank(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


@given(VALUES, st.floats(min_value=0.1, max_value=100))
def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= percent / 100 * len(values) - 1e-6
    assert sum(value < found for value in values) < percent / 100 * len(values) + 1e-6


def test_of_no_values_a_percentile_is_no_number() -> None:
    assert math.isnan(percentile([], 99))


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_what_is_no_percentage_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile([1.0], percent)


@given(VALUES)
def test_a_median_lies_within_the_range(values: list[float]) -> None:
    found = spread(values)
    assert min(values) == found.least <= found.median <= found.most == max(values)


def test_a_round_without_a_figure_is_not_hidden_by_the_others() -> None:
    assert str(spread([1.0, math.nan, 2.0])) == "n/a"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.081, "0.08"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346"), (7.0, "7")],
)
def test_a_figure_is_written_with_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [(Spread(5.5, 4.25, 6.0), "5.50 (4.25 to 6)"), (Spread(0, 0, 0), "0"), (Spread(3, 2, 40000), "3 (2 to 40,000)")],
)
def test_a_range_is_shown_where_there_is_one(found: Spread, text: str) -> None:
    assert str(found) == text
