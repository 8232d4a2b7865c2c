"""Ids: of version 7, never the same twice, and growing with time."""

import time
from uuid import RFC_4122, UUID

from ledger.ids import new_id, new_ids

MANY = 20_000


def milliseconds(one: UUID) -> int:
    """The time that is in it (RFC 9562, section 5.7)."""
    return one.int >> 80


def test_version_and_variant_are_those_of_the_standard() -> None:
    made = [new_id() for _ in range(1_000)]
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_it_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(100)]
    after = time.time_ns() // 1_000_000
    assert all(before <= milliseconds(one) <= after for one in made)


def test_a_later_millisecond_sorts_after_an_earlier_one_as_bytes_too() -> None:
    made = [new_id()]
    while milliseconds(made[-1]) == milliseconds(made[0]):
        made.append(new_id())
    earlier, later = made[0], made[-1]
    assert (earlier < later, earlier.bytes < later.bytes, str(earlier) < str(later)) == (True, True, True)


def test_no_two_are_alike() -> None:
    assert len({new_id() for _ in range(MANY)}) == MANY


def test_many_are_drawn_at_once_as_if_one_by_one() -> None:
    made = list(new_ids(500))
    assert len(set(made)) == 500
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    assert list(new_ids(0)) == []


def test_each_of_its_74_random_bits_comes_up_both_ways() -> None:
    """In so many, that one bit is always the same by chance has a probability of one in 2 to the 20,000."""
    ones, zeros = 0, 0
    for _ in range(MANY):
        noise = new_id().int & (1 << 80) - 1
        ones |= noise
        zeros |= ~noise & (1 << 80) - 1
    both = ones & zeros
    assert both.bit_count() == 74
    assert both >> 62 & 0b11 == 0, "the variant"
    assert both >> 76 == 0, "the version"
