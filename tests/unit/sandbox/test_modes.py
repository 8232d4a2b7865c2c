"""Which behaviour a call meets."""

import pytest

from sandbox.modes import Mode, behaviour


@pytest.mark.parametrize(("roll", "expected"), [(0.0, Mode.ERROR), (0.29, Mode.ERROR), (0.3, Mode.OK), (0.99, Mode.OK)])
def test_a_flaky_provider_fails_as_often_as_the_error_rate_says(roll: float, expected: Mode) -> None:
    assert behaviour(Mode.FLAKY, 0.3, roll) is expected


def test_a_rate_of_zero_never_fails_and_a_rate_of_one_always_does() -> None:
    assert behaviour(Mode.FLAKY, 0.0, 0.0) is Mode.OK
    assert behaviour(Mode.FLAKY, 1.0, 0.999999) is Mode.ERROR


def test_a_slow_provider_does_what_a_sound_one_does() -> None:
    assert behaviour(Mode.SLOW, 0.5, 0.0) is Mode.OK


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode not in (Mode.FLAKY, Mode.SLOW)])
def test_chance_touches_no_other_mode(mode: Mode) -> None:
    assert {behaviour(mode, 1.0, roll) for roll in (0.0, 0.5, 0.99)} == {mode}
