"""The pauses between a death and the next start."""

from embedded.kept import Pauses


def test_pauses_grow_with_each_death_up_to_half_a_minute() -> None:
    pauses = Pauses()
    assert [pauses.after(lived=1) for _ in range(10)] == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_what_has_lived_long_starts_again_at_the_first_pause() -> None:
    pauses = Pauses()
    for _ in range(5):
        pauses.after(lived=1)
    assert [pauses.after(lived=3600), pauses.after(lived=1)] == [0.25, 0.5]
