"""What sign-ups prove: whichever of them are known, none is given up that is needed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence import PREFERENCES, Record, Standing, forgettable, is_over, never_said_yes, superfluous

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
LONG = timedelta(days=365)

days = st.integers(0, 20).map(lambda number: BEGIN + timedelta(days=number))
records = st.lists(
    st.builds(
        Record,
        id=st.uuids(),
        created_at=days,
        confirmed_at=st.none() | days,
        asks=st.booleans(),
        door=st.sampled_from(["form", "api", PREFERENCES, None]),
        quiet=st.sampled_from([None, timedelta(0), WEEK, LONG]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
).map(tuple)
standings = st.builds(
    Standing,
    id=st.uuids(),
    created_at=st.just(BEGIN),
    confirmed_at=st.none() | days,
    left_at=st.none() | days,
    choosy=st.booleans(),
    busy=st.booleans(),
    whole=st.booleans(),
    records=records,
)


def record(**changes: object) -> Record:
    usual = {"id": UUID(int=1), "created_at": BEGIN, "confirmed_at": None, "asks": True, "door": "form", "quiet": LONG}
    return Record(**{**usual, **changes})


def standing(*some: Record, **changes: object) -> Standing:
    usual = {"id": UUID(int=9), "created_at": BEGIN, "confirmed_at": None, "left_at": None}
    return Standing(**{**usual, "choosy": False, "busy": False, "whole": True, **changes}, records=some)


def test_somebody_with_an_unanswered_question_never_said_yes() -> None:
    assert never_said_yes(standing(record()))
    assert is_over(standing(record()), WEEK)


def test_somebody_of_whom_not_all_is_known_is_not_over() -> None:
    assert not is_over(standing(record(), whole=False), WEEK)


@given(standings)
def test_whoever_has_said_anything_never_is_somebody_who_never_said_yes(person: Standing) -> None:
    said = (
        person.confirmed_at is not None
        or person.choosy
        or person.left_at not in {None, person.created_at}
        or any(one.confirmed_at is not None for one in person.records)
        or (person.left_at is None and any(not one.asks for one in person.records))
    )
    assert not (said and never_said_yes(person))


@given(standings)
def test_what_is_open_or_young_is_never_given_up(person: Standing) -> None:
    given_up = superfluous(person, WEEK)
    assert given_up <= {one.id for one in person.records if one.quiet is not None and one.quiet > WEEK}


@given(standings)
def test_the_last_yes_by_mail_and_by_link_and_whatever_a_present_person_rests_on_stay(person: Standing) -> None:
    stay = [one for one in person.records if one.id not in superfluous(person, WEEK)]
    for by_link in (False, True):
        said = [one for one in person.records if one.confirmed_at and (one.door == PREFERENCES) == by_link]
        assert not said or max(said, key=lambda one: (one.confirmed_at, one.id)) in stay
    assert not person.records or person.left_at is not None or stay


@given(standings, st.data())
def test_of_whom_a_part_is_known_no_more_is_given_up_than_of_whom_all_is(person: Standing, data: st.DataObject) -> None:
    part = tuple(one for one in person.records if data.draw(st.booleans()))
    known = Standing(*[getattr(person, name) for name in Standing.__slots__[:-1]], records=part)
    assert superfluous(known, WEEK) <= superfluous(person, WEEK)


@given(standings)
def test_forgetting_twice_gives_up_no_more_than_once(person: Standing) -> None:
    stay = tuple(one for one in person.records if one.id not in superfluous(person, WEEK))
    left_over = Standing(*[getattr(person, name) for name in Standing.__slots__[:-1]], records=stay)
    assert superfluous(left_over, WEEK) == set()


@given(st.lists(standings, max_size=5, unique_by=lambda one: one.id))
def test_whose_it_is_names_everybody_of_whom_something_is_due_and_nobody_else(people: list[Standing]) -> None:
    due = forgettable(people, unanswered=WEEK, ended=WEEK)
    owners = {one.id for one in people if {record.id for record in one.records} & due.signups} | due.people
    assert due.of >= due.people
    assert due.of <= owners
