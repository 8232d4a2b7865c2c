"""What a warden does one after the other: what holds one chore up costs the others nothing, and it cannot take all the time."""

import logging

import psycopg
import pytest
from psycopg.errors import AdminShutdown, DeadlockDetected, LockNotAvailable, QueryCanceled

from workers.relay.chores import REST, Chores


class Clock:
    """Seconds, as a test lets them pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Chore:
    """Takes `seconds` and then fails with `error`, where there is one; `done` counts how often it was begun."""

    def __init__(self, clock: Clock, error: Exception | None = None, seconds: float = 0.0) -> None:
        self.clock, self.error, self.seconds, self.done = clock, error, seconds, 0

    def __call__(self) -> None:
        self.done += 1
        self.clock.now += self.seconds
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [QueryCanceled, LockNotAvailable, DeadlockDetected])
def test_what_is_only_held_up_is_told_by_its_name_and_the_others_go_on(
    error: type[psycopg.Error], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    chores, after = Chores(clock), Chore(clock)
    chores.do("pruning", Chore(clock, error("Key (address)=(ann@b.example)")))
    chores.do("forgetting", after)
    assert after.done == 1
    assert [(one.levelno, one.getMessage()) for one in caplog.records] == [
        (logging.WARNING, f"pruning was held up ({error.__name__}) and rests; the other chores go on")
    ]


def test_it_rests_for_a_multiple_of_what_it_took_and_is_then_tried_again() -> None:
    clock = Clock()
    chores, slow = Chores(clock), Chore(clock, QueryCanceled(), seconds=5.0)
    chores.do("pruning", slow)
    clock.now += REST * slow.seconds - 0.1
    chores.do("pruning", slow)
    assert slow.done == 1
    clock.now += 0.1
    chores.do("pruning", slow)
    assert slow.done == 2


def test_one_that_gets_done_never_rests_however_long_it_takes() -> None:
    clock = Clock()
    chores, long = Chores(clock), Chore(clock, seconds=5.0)
    chores.do("pruning", long)
    chores.do("pruning", long)
    assert long.done == 2


@pytest.mark.parametrize("error", [AdminShutdown(), psycopg.OperationalError(), psycopg.InterfaceError(), ValueError()])
def test_an_outage_and_a_defect_are_no_chores_of_ours(error: Exception) -> None:
    clock = Clock()
    with pytest.raises(type(error)) as raised:
        Chores(clock).do("pruning", Chore(clock, error))
    assert raised.value is error
