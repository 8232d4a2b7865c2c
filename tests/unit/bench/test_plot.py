"""The plot: well-formed whatever the names, and honest about lengths."""

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.plot import BARS, NAMES, WIDTH, draw
from tests.bench.table import Figure, Table

SVG = "{http://www.w3.org/2000/svg}"
# What XML 1.0 cannot hold at all is in no name of ours.
NAMES_OF_ROWS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1)


def table(**rows: list[float]) -> Table:
    made = Table("S2", "sign-ups per second", 3)
    for row, values in rows.items():
        for value in values:
            made.add(Figure(row, "sign-ups/s", value))
    return made


def bars(svg: str) -> list[float]:
    return [float(bar.attrib["width"]) for bar in ET.fromstring(svg).iter(f"{SVG}rect")]  # noqa: S314  # our own


@given(NAMES_OF_ROWS, NAMES_OF_ROWS)
def test_it_is_well_formed_whatever_rows_and_tables_are_called(name: str, row: str) -> None:
    made = Table(name, row, 1)
    made.add(Figure(row, name, 1.0))
    texts = [text.text for text in ET.fromstring(draw([made])).iter(f"{SVG}text")]  # noqa: S314  # our own
    assert f"{name}: {name}" in texts
    assert row in texts


def test_bars_begin_at_zero_so_that_twice_as_much_is_twice_as_long() -> None:
    ours, theirs = bars(draw([table(Usher=[200.0], others=[100.0])]))
    assert ours == pytest.approx(BARS)
    assert ours == pytest.approx(2 * theirs)


def test_the_longest_whisker_stays_inside() -> None:
    svg = draw([table(Usher=[1.0, 2.0, 50.0], others=[3.0])])
    ends = [float(line.attrib["x2"]) for line in ET.fromstring(svg).iter(f"{SVG}line")]  # noqa: S314  # our own
    assert max(ends) == pytest.approx(NAMES + BARS)
    assert max(ends) < WIDTH


def test_what_was_not_measured_has_no_bar_and_says_so() -> None:
    svg = draw([table(Usher=[math.nan], others=[3.0])])
    assert bars(svg) == [0.0, pytest.approx(BARS, abs=0.1)]
    assert "not measured" in svg


def test_it_can_be_read_in_a_dark_scheme_as_well() -> None:
    assert "prefers-color-scheme: dark" in draw([table(Usher=[1.0])])
