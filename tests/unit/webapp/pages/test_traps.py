import pytest

from webapp.pages.traps import LURE, ONCE, QUICKEST_S, Traps

KEY = b"a key for one test"


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def traps(clock: Clock) -> Traps:
    return Traps(KEY, QUICKEST_S, clock)


@pytest.mark.parametrize(
    ("typed_for", "caught"), [(0.0, True), (1.9, True), (2.0, False), (2.1, False), (7_200.0, False)]
)
def test_who_sends_the_form_sooner_than_anybody_types_is_caught(
    traps: Traps, clock: Clock, typed_for: float, *, caught: bool
) -> None:
    sent = {ONCE: traps.stamp(ripe=False)}
    clock.at += typed_for
    assert traps.catch(sent) is caught


def test_the_form_that_answers_to_a_form_may_be_sent_at_once(traps: Traps) -> None:
    assert not traps.catch({ONCE: traps.stamp(ripe=True)})


@pytest.mark.parametrize("stamp", ["", "x", "1.2.3", "a.0.000.b", "é", "." * 5_000])
def test_a_form_without_its_time_or_with_a_made_up_one_is_caught(traps: Traps, stamp: str) -> None:
    assert traps.catch({ONCE: stamp})
    assert traps.catch({})


def test_a_time_that_somebody_else_has_signed_counts_for_nothing(traps: Traps, clock: Clock) -> None:
    assert traps.catch({ONCE: Traps(b"another key", QUICKEST_S, clock).stamp(ripe=True)})


def test_a_time_that_was_tampered_with_counts_for_nothing(traps: Traps, clock: Clock) -> None:
    stamp = traps.stamp(ripe=False)
    earlier = stamp.replace(f"{clock.at * 1_000:.0f}", f"{clock.at * 1_000 - 60_000:.0f}")
    assert earlier != stamp
    assert traps.catch({ONCE: earlier})


def test_who_fills_in_what_nobody_sees_is_caught_however_long_they_took(traps: Traps, clock: Clock) -> None:
    sent = {ONCE: traps.stamp(ripe=False), LURE: "https://spam.example"}
    clock.at += 600
    assert traps.catch(sent)
    assert traps.catch({LURE: "x"}, timed=False)


def test_a_form_that_another_site_has_made_has_no_time(traps: Traps) -> None:
    assert not traps.catch({LURE: ""}, timed=False)


def test_without_limits_there_is_no_time_to_wait_but_the_lure_stays(clock: Clock) -> None:
    traps = Traps(KEY, None, clock)
    assert not traps.catch({})
    assert traps.catch({LURE: "x"})


def test_no_two_forms_have_the_same_stamp(traps: Traps) -> None:
    assert len({traps.stamp(ripe=False) for _ in range(100)}) == 100
