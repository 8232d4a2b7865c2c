"""What listings, dry runs and bulk operations share: one filter, stored and read back the same."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from ledger.selection import Selection
from ledger.states import State

words = st.none() | st.text(min_size=1, max_size=10)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
selections = st.builds(
    Selection,
    state=st.none() | st.sampled_from(State),
    kind=words,
    queue=words,
    error=words,
    after=moments,
    before=moments,
)


@given(selections)
def test_what_is_stored_is_what_was_meant(selection: Selection) -> None:
    assert Selection.from_json(selection.as_json()) == selection


@given(selections, selections)
def test_two_selections_share_a_digest_only_if_they_are_the_same(one: Selection, other: Selection) -> None:
    assert (one.digest() == other.digest()) == (one == other)


def test_the_digest_does_not_change_with_the_process() -> None:
    assert Selection(state=State.DEAD, error="down").digest() == "474511a65485b4c8"


@given(selections)
def test_only_what_is_given_is_in_the_condition_and_no_value_is(selection: Selection) -> None:
    condition = selection.condition()
    for name, column in {"kind": "kind", "queue": "queue", "error": "error_code"}.items():
        assert (f"{column} = %({name})s" in condition) == (getattr(selection, name) is not None)
    assert ("state = " in condition) == (selection.state is not None)


def test_no_filter_is_every_job() -> None:
    assert Selection().condition() == "true"


def test_a_moment_keeps_its_zone() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Selection.from_json(Selection(before=moment).as_json()).before == moment
