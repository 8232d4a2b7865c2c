"""The receiving end's memory."""

from datetime import datetime, timedelta

from sandbox.journal import Journal


class Parcel:
    def as_json(self) -> dict[str, object]:
        return {"content": "heavy"}


def keys(journal: Journal, after: int = 0) -> list[tuple[int, str]]:
    return [(entry.n, entry.key) for entry in journal.since(after)]


def filled(count: int, journal: Journal) -> Journal:
    for i in range(1, count + 1):
        journal.append("happened", f"k{i}", Parcel())
    return journal


def test_effects_are_numbered_from_one_in_the_order_in_which_they_happened() -> None:
    assert keys(filled(3, Journal())) == [(1, "k1"), (2, "k2"), (3, "k3")]


def test_a_reader_can_ask_for_what_came_after() -> None:
    journal = filled(3, Journal())
    assert keys(journal, after=2) == [(3, "k3")]
    assert keys(journal, after=3) == keys(journal, after=99) == []


def test_the_oldest_effects_give_way_but_the_numbers_go_on_so_that_the_gap_shows() -> None:
    journal = filled(5, Journal(effects_kept=2))
    assert keys(journal) == [(4, "k4"), (5, "k5")]
    assert keys(journal, after=1) == [(4, "k4"), (5, "k5")]
    assert keys(journal, after=4) == [(5, "k5")]
    assert journal.count == 5


def test_an_old_effect_loses_its_body_before_it_is_forgotten() -> None:
    journal = filled(3, Journal(bodies_kept=1))
    assert [entry.as_json().get("content") for entry in journal.since()] == [None, None, "heavy"]


def test_a_brief_entry_has_no_body() -> None:
    (entry,) = filled(1, Journal()).since()
    assert entry.as_json(brief=True).keys() == {"n", "at", "effect", "key"}


def test_the_time_of_an_effect_is_iso_8601_in_utc() -> None:
    (entry,) = filled(1, Journal()).since()
    at = datetime.fromisoformat(str(entry.as_json()["at"]))
    assert at.utcoffset() == timedelta(0)


def test_an_entry_is_found_by_its_number_and_not_by_one_that_is_gone() -> None:
    journal = filled(3, Journal(effects_kept=2))
    found = journal.find(2)
    assert found is not None
    assert found.key == "k2"
    assert [journal.find(n) for n in (-1, 0, 1, 4)] == [None] * 4


def test_the_newest_come_first_for_the_page() -> None:
    assert [entry.n for entry in filled(3, Journal()).latest(2)] == [3, 2]


def test_the_totals_know_of_every_effect_also_of_those_that_are_no_longer_kept() -> None:
    journal = Journal(effects_kept=2)
    for effect, key in [("added", "a"), ("added", "b"), ("left", "a"), ("added", "a"), ("added", "a")]:
        journal.append(effect, key)
    totals = journal.totals()
    assert (totals["count"], totals["repeated"], totals["effects"]) == (5, 2, {"added": 2, "left": 1})


def test_the_totals_span_the_first_effect_and_the_last() -> None:
    journal = filled(3, Journal())
    entries = list(journal.since())
    totals = journal.totals()
    spans = [datetime.fromisoformat(str(totals[name])).timestamp() for name in ("first_at", "last_at")]
    assert spans == [round(entries[0].at, 6), round(entries[-1].at, 6)]


def test_an_empty_journal_has_no_first_effect_and_no_last() -> None:
    journal = filled(2, Journal())
    journal.clear()
    assert journal.totals() == {"count": 0, "repeated": 0, "first_at": None, "last_at": None, "effects": {}}


def test_a_cleared_journal_begins_again_at_one() -> None:
    journal = filled(3, Journal())
    journal.clear()
    assert keys(journal) == []
    journal.append("happened", "again")
    assert keys(journal) == [(1, "again")]
