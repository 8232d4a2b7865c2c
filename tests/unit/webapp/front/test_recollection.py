"""What one process remembers of the mailboxes that it has let mail through to."""

from dataclasses import dataclass

import pytest

from config.front_door import Limit
from webapp.front.recollection import Recollection

HOUR_S = 3_600
ADA, EVE = b"a" * 16, b"e" * 16


@dataclass
class Clock:
    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recollection(clock: Clock) -> Recollection:
    return Recollection(Limit(1, HOUR_S), clock)


@pytest.mark.parametrize("judged", [False, True], ids=["unjudged", "judged"])
def test_after_a_mail_nobody_has_another_within_the_hour_where_the_ledger_does_not_say(
    recollection: Recollection, clock: Clock, *, judged: bool
) -> None:
    assert recollection.use(ADA, judged=judged)
    clock.at += HOUR_S - 1
    assert not recollection.use(ADA, judged=False)
    assert recollection.use(EVE, judged=False)
    clock.at += 1
    assert recollection.use(ADA, judged=False)


def test_the_ledger_is_contradicted_only_about_what_it_cannot_know(recollection: Recollection) -> None:
    assert [recollection.use(ADA, judged=True) for _ in range(3)] == [True, True, True]
    assert recollection.use(EVE, judged=False)
    assert not recollection.use(EVE, judged=True)


def test_what_it_contradicted_is_over_after_the_hour(recollection: Recollection, clock: Clock) -> None:
    recollection.use(ADA, judged=False)
    clock.at += HOUR_S
    assert [recollection.use(ADA, judged=True) for _ in range(2)] == [True, True]


def test_what_did_not_come_about_is_given_back(recollection: Recollection) -> None:
    recollection.give_back(ADA)
    assert recollection.use(ADA, judged=False)
    recollection.give_back(ADA)
    assert recollection.use(ADA, judged=False)
    assert not recollection.use(ADA, judged=False)


def test_several_within_a_period_are_as_many_as_the_limit_says(clock: Clock) -> None:
    recollection = Recollection(Limit(3, HOUR_S), clock)
    assert [recollection.use(ADA, judged=False) for _ in range(4)] == [True, True, True, False]
    clock.at += HOUR_S / 3
    assert [recollection.use(ADA, judged=False) for _ in range(2)] == [True, False]


def test_no_crowd_fills_the_memory_and_the_oldest_is_forgotten_first(clock: Clock) -> None:
    recollection = Recollection(Limit(1, HOUR_S), clock, most=2)
    for key in (ADA, EVE, b"m" * 16):
        assert recollection.use(key, judged=False)
    assert not recollection.use(EVE, judged=False)
    assert recollection.use(ADA, judged=False)
