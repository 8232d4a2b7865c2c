"""Who counts as gone: only one whose row stood still while somebody watched it stand still."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.relay.silence import LONGEST_GAP_S, Silence

ANN, BOB, EVE = (UUID(int=n) for n in (1, 2, 3))
LIMIT_S = 4.0
BEAT = datetime(2026, 3, 1, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return BEAT + timedelta(seconds=seconds)


def watch(silence: Silence, readings: list[tuple[float, dict[UUID, datetime]]]) -> list[set[UUID]]:
    return [silence.gone(beats, now) for now, beats in readings]


def test_nobody_is_gone_at_first_sight_however_old_their_beat() -> None:
    assert Silence(LIMIT_S).gone({ANN: BEAT - timedelta(days=1)}, 1_000.0) == set()


def test_one_is_gone_after_the_limit_of_watched_silence_and_not_before() -> None:
    found = watch(Silence(LIMIT_S), [(float(second), {ANN: BEAT}) for second in range(6)])
    assert found == [set(), set(), set(), set(), {ANN}, {ANN}]


def test_a_beat_clears_the_silence_before_it() -> None:
    silence = Silence(LIMIT_S)
    watch(silence, [(float(second), {ANN: BEAT}) for second in range(4)])
    assert silence.gone({ANN: later(4)}, 4.0) == set()
    assert watch(silence, [(float(second), {ANN: later(4)}) for second in range(5, 8)]) == [set()] * 3
    assert silence.gone({ANN: later(4)}, 8.0) == {ANN}


def test_one_silent_among_many_is_the_only_one_gone() -> None:
    silence = Silence(LIMIT_S)
    readings = [(float(second), {ANN: later(second), BOB: BEAT, EVE: later(second)}) for second in range(5)]
    assert watch(silence, readings)[-1] == {BOB}


def test_a_relay_that_was_frozen_has_seen_nothing_and_accuses_nobody() -> None:
    silence = Silence(LIMIT_S)
    silence.gone({ANN: BEAT}, 0.0)
    assert silence.gone({ANN: BEAT}, 3_600.0) == set()
    assert silence.gone({ANN: BEAT}, 3_601.0) == set()


def test_silence_from_before_a_freeze_still_counts_for_one_who_has_not_beaten_since() -> None:
    silence = Silence(LIMIT_S)
    watch(silence, [(float(second), {ANN: BEAT}) for second in range(4)])
    assert silence.gone({ANN: BEAT}, 100.0) == set()
    assert silence.gone({ANN: BEAT}, 101.0) == {ANN}


def test_an_outage_of_the_ledger_silences_everybody_and_is_nobodys_death() -> None:
    silence = Silence(LIMIT_S)
    watch(silence, [(float(second), {ANN: BEAT, BOB: BEAT}) for second in range(4)])
    silence.forget()
    assert watch(silence, [(float(second), {ANN: BEAT, BOB: BEAT}) for second in range(5, 9)]) == [set()] * 4
    assert silence.gone({ANN: BEAT, BOB: later(9)}, 9.0) == {ANN}


def test_one_whose_row_goes_and_comes_back_starts_afresh() -> None:
    silence = Silence(LIMIT_S)
    watch(silence, [(float(second), {ANN: BEAT}) for second in range(4)])
    silence.gone({}, 4.0)
    assert silence.gone({ANN: BEAT}, 5.0) == set()


@pytest.mark.parametrize(("gap", "counts"), [(LONGEST_GAP_S, True), (LONGEST_GAP_S + 0.001, False)])
def test_a_gap_counts_up_to_the_longest_in_which_no_beat_can_have_been_missed(gap: float, *, counts: bool) -> None:
    silence = Silence(LONGEST_GAP_S)
    silence.gone({ANN: BEAT}, 0.0)
    assert (silence.gone({ANN: BEAT}, gap) == {ANN}) is counts


@given(st.lists(st.floats(min_value=0.0, max_value=30.0), max_size=40))
def test_one_that_beats_between_any_two_readings_is_never_gone(gaps: list[float]) -> None:
    silence, now = Silence(LIMIT_S), 0.0
    for gap in gaps:
        now += gap
        assert not silence.gone({ANN: later(now) + timedelta(microseconds=len(gaps))}, now) or gap == 0


@given(st.lists(st.floats(min_value=0.0, max_value=10.0), max_size=60))
def test_one_is_gone_exactly_when_the_short_gaps_add_up_to_the_limit(gaps: list[float]) -> None:
    silence, now, watched = Silence(LIMIT_S), 0.0, 0.0
    silence.gone({ANN: BEAT}, now)
    for gap in gaps:
        before, now = now, now + gap
        watched += now - before if now - before <= LONGEST_GAP_S else 0.0
        assert (silence.gone({ANN: BEAT}, now) == {ANN}) is (watched >= LIMIT_S)
