"""A policy refuses what cannot be meant, where it is declared and not at three in the morning."""

import math
from datetime import timedelta

import pytest

from jobs.policy import Policy

SECONDS = ("retry_backoff_max", "default_retry_delay", "time_limit", "retry_after_max")


@pytest.mark.parametrize("name", [*SECONDS, "retry_backoff"])
@pytest.mark.parametrize("value", [0.0, -1, math.inf, math.nan])
def test_a_length_of_time_must_be_positive_and_finite(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Policy(**{name: value})


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=-1)])
def test_the_age_must_be_positive(age: timedelta) -> None:
    with pytest.raises(ValueError, match="max_age"):
        Policy(max_age=age)


def test_the_number_of_retries_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="max_retries"):
        Policy(max_retries=-1)


@pytest.mark.parametrize("value", [0, 1, 1_000, None])
def test_any_other_number_of_retries_can_be_meant(value: int | None) -> None:
    assert Policy(max_retries=value).max_retries == value


@pytest.mark.parametrize("value", [True, False, 0.1, 30])
def test_backoff_may_be_switched_on_off_or_given_in_seconds(value: object) -> None:
    assert Policy(retry_backoff=value).retry_backoff == value


def test_options_go_by_name_alone() -> None:
    with pytest.raises(TypeError):
        Policy((ConnectionError,))


def test_the_default_outlives_a_weekend() -> None:
    assert Policy().max_retries is None
    assert Policy().max_age >= timedelta(days=3)
