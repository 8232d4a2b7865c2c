"""What may be asked for: `make bench ONLY=...`."""

import argparse

import pytest

from tests.bench.__main__ import BENCHMARKS, COMPARISONS, MINUTES, _names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("S3", ["S3"]),
        ("s3", ["S3"]),
        ("S5,s1", ["S1", "S5"]),
        ("latency", ["S5"]),
        ("s7", ["S7"]),
        (" S2 , S2", ["S2"]),
        ("servers", ["servers"]),
        ("pools", ["pools"]),
    ],
)
def test_benchmarks_are_found_by_name_and_run_in_their_own_order(text: str, names: list[str]) -> None:
    assert _names(text) == names


@pytest.mark.parametrize("text", ["S9", "", "S1,", "S1 S2"])
def test_another_name_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="there are S1, S2, S3, S4, S5, S6, S7, pools, servers"):
        _names(text)


def test_the_servers_are_not_mixed_with_the_goals() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="alone"):
        _names("S1,servers")


def test_each_benchmark_has_its_share_of_the_bar() -> None:
    assert set(MINUTES) == {*BENCHMARKS, *COMPARISONS}
