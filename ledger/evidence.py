"""What a person's sign-ups prove, and so which of them are needed: pure decisions about rows that somebody else has read.

A sign-up is the record of a consent. One that a later act has taken the place of proves nothing any more, nor does one that a
stranger may have sent for somebody who had left. Separate from `forgetting`, which carries it out, so that what is kept can be
read and tested without a ledger.

Where not all of somebody's sign-ups are known, none is given up that is needed: what takes its place is among those that are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

PREFERENCES = "preferences"  # the door of those who come by a link of their own


@dataclass(frozen=True, slots=True)
class Record:
    """A sign-up. `quiet`: since its last job ended, or since it was made where none is left; None while one is open."""

    id: UUID
    created_at: datetime
    confirmed_at: datetime | None
    asks: bool
    door: str | None
    quiet: timedelta | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A person with their sign-ups, or (`whole` is False) with some of them.

    `choosy`: they have turned some channel off. `busy`: something else is owed to them, or waits for a decision.
    """

    id: UUID
    created_at: datetime
    confirmed_at: datetime | None
    left_at: datetime | None
    choosy: bool
    busy: bool
    whole: bool
    records: tuple[Record, ...]

    @property
    def born_gone(self) -> bool:
        """Their address was among the suppressions when it was signed up, and still is: a confirmation would have set `left_at` anew."""
        return self.left_at == self.created_at


@dataclass(frozen=True, slots=True)
class Due:
    """Who is to be forgotten, which sign-ups of others are, and whose all of that is."""

    people: frozenset[UUID]
    signups: frozenset[UUID]
    of: frozenset[UUID]


def forgettable(people: Collection[Standing], *, unanswered: timedelta, ended: timedelta) -> Due:
    """What of these people is due. See `forgetting.forget` for the times."""
    gone = {one.id for one in people if never_said_yes(one) and is_over(one, unanswered)}
    proving_nothing = {one.id: superfluous(one, ended) for one in people if one.id not in gone}
    owners = {person for person, signups in proving_nothing.items() if signups}
    return Due(frozenset(gone), frozenset().union(*proving_nothing.values()), frozenset(gone | owners))


def never_said_yes(person: Standing) -> bool:
    """Whether all there is of the person is questions that they have not answered. Somebody who has left has answered."""
    if person.confirmed_at is not None or person.choosy or not (person.left_at is None or person.born_gone):
        return False
    return bool(person.records) and all(
        one.confirmed_at is None and (one.asks or person.born_gone) for one in person.records
    )


def is_over(person: Standing, after: timedelta) -> bool:
    """Whether nothing of the person has moved for so long, or is to be expected to."""
    return person.whole and not person.busy and all(_quiet(one, after) for one in person.records)


def superfluous(person: Standing, after: timedelta) -> set[UUID]:
    """The sign-ups that are not needed, and that nothing has moved about for so long."""
    needed = _needed(person)
    return {one.id for one in person.records if one.id not in needed and _quiet(one, after)}


def _needed(person: Standing) -> set[UUID]:
    """Their last yes by mail, and their last by a link of their own; where there was none by mail, what first signed them up.

    Somebody who has left keeps it as well: it is why they were written to before. Of questions alone the last is
    kept, for as long as the person is: only by a sign-up are those found who never said yes (`never_said_yes`).
    """
    by_mail = [one for one in person.records if one.confirmed_at is not None and one.door != PREFERENCES]
    by_link = [one for one in person.records if one.confirmed_at is not None and one.door == PREFERENCES]
    needed = {max(said, key=_confirmed).id for said in (by_mail, by_link) if said}
    unproven = [one for one in person.records if _subscribed(one, person.left_at)]
    if unproven and not by_mail:
        needed.add(min(unproven, key=_created).id)
    if not needed and (person.left_at is None or person.born_gone) and person.records:
        needed.add(max(person.records, key=_created).id)
    return needed


def _subscribed(one: Record, left_at: datetime | None) -> bool:
    """Whether it took effect without being confirmed: nobody had left, and nobody was asked."""
    return one.confirmed_at is None and not one.asks and (left_at is None or one.created_at < left_at)


def _quiet(one: Record, after: timedelta) -> bool:
    return one.quiet is not None and one.quiet > after


def _created(one: Record) -> tuple[datetime, UUID]:
    return one.created_at, one.id


def _confirmed(one: Record) -> tuple[datetime | None, UUID]:
    return one.confirmed_at, one.id
