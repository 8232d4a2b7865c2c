from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.live import position

LENGTHS = st.lists(st.integers(0, 40), max_size=5)


@given(LENGTHS, st.data())
def test_what_was_written_is_read_again(lengths: list[int], data: st.DataObject) -> None:
    seen = tuple(data.draw(st.integers(0, length)) for length in lengths)
    assert position.read(position.written(seen), lengths) == seen


@given(st.text(max_size=60), LENGTHS)
def test_nothing_that_is_sent_breaks_it_or_gets_past_what_there_is(text: str, lengths: list[int]) -> None:
    found = position.read(text, lengths)
    assert found is None or all(seen <= length for seen, length in zip(found, lengths, strict=False))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("3.1", (3, 1)),
        ("3", (3,)),  # written before the second job was owed
        ("0.0", (0, 0)),
        ("3.1.0", (3, 1)),  # what is beyond is nothing
        ("3.1.1", None),
        ("4.1", None),
        (None, None),
        ("", None),
        ("3.", None),
        (".1", None),
        ("-1.1", None),
        ("\u0663.1", None),
        ("3.1\n", None),
        ("1" * 201, None),
        ("9" * 9, None),
    ],
)
def test_a_position_is_read_strictly(text: str | None, read: tuple[int, ...] | None) -> None:
    assert position.read(text, (3, 1)) == read


def test_a_sign_up_that_owes_nothing_has_a_position_too() -> None:
    assert position.written(()) == "0"
    assert position.read("0", ()) == ()


def test_no_two_positions_are_written_alike() -> None:
    positions = list(product(range(12), repeat=2))
    assert len({position.written(one) for one in positions}) == len(positions)
