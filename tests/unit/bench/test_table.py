"""A benchmark's table: what went in comes out, aligned, and as JSON and back."""

import json
import math

from tests.bench.table import Figure, Table


def drained() -> Table:
    table = Table("S3", "jobs drained per second", 2, headline="lost")
    for jobs, lost in ((100.0, 0.0), (300.0, 1.0)):
        table.add(Figure("Usher", "jobs/s", jobs))
        table.add(Figure("Usher", "lost", lost))
    table.add(Figure("somebody else", "jobs/s", 50.0))
    table.judge("ahead of everybody", "4.0 times", met=True)
    table.judge("nothing lost", "1", met=False)
    table.note("on a slow machine")
    return table


def test_rows_and_columns_stand_in_the_order_in_which_they_were_measured() -> None:
    table = drained()
    assert (table.rows(), table.columns()) == (["Usher", "somebody else"], ["jobs/s", "lost"])


def test_the_text_has_a_line_for_each_row_goal_and_note_with_its_columns_aligned() -> None:
    title, head, usher, other, met, missed, note = drained().lines()
    assert title == "S3: jobs drained per second (rounds: 2; median, and min to max)"
    assert usher.split() == ["Usher", "200", "(100", "to", "300)", "0.50", "(0", "to", "1)"]
    assert head.index("jobs/s") == usher.index("200") == other.index("50")
    assert (met, missed) == ("  met: ahead of everybody: 4.0 times", "  NOT MET: nothing lost: 1")
    assert note == "  note: on a slow machine"


def test_what_was_never_measured_is_a_blank_and_no_number() -> None:
    table = drained()
    assert table.cells("somebody else") == ["50", ""]
    assert math.isnan(table.median("somebody else", "lost"))


def test_a_note_that_every_round_makes_is_shown_once() -> None:
    table = drained()
    table.note("on a slow machine")
    assert table.notes == ["on a slow machine"]


def test_a_table_comes_back_from_its_json_as_it_was() -> None:
    table = drained()
    again = Table.from_json(json.loads(json.dumps(table.as_json())))
    assert list(again.lines()) == list(table.lines())
    assert again.as_json() == table.as_json()


def test_a_round_that_measured_nothing_survives_the_json() -> None:
    table = drained()
    table.add(Figure("somebody else", "lost", math.nan))
    text = json.dumps(table.as_json(), allow_nan=False)  # because NaN is no JSON
    assert Table.from_json(json.loads(text)).cells("somebody else") == ["50", "n/a"]
