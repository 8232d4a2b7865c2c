"""An errand at a newsletter's provider ends before the claim it is made under does."""

import pytest

from jobs import registry
from workers.providers import clock
from workers.providers.clock import Clock

MOST_CALLS = 4  # about the one person who was begun with last
KINDS = {name: kind for name, kind in registry.load().items() if kind.provider == "newsletter"}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_last_of_its_calls_ends_within_the_kinds_time_limit(name: str) -> None:
    assert clock.LAST_CALL_S < clock.ALL_S
    assert KINDS[name].policy.time_limit > clock.ALL_S + MOST_CALLS * clock.LEAST_S


def test_a_call_has_what_it_may_take_as_far_as_that_is_left_and_never_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Clock()
    assert running.bound(10.0) == 10.0
    assert 10.0 < running.bound(60.0) <= clock.ALL_S
    monkeypatch.setattr(clock, "ALL_S", 0.0)
    assert running.bound(10.0) == clock.LEAST_S
