"""Forgetting people who never said yes, and sign-ups that prove nothing any more.

The table of sign-ups is walked like that of jobs (`ledger.walk`). Whoever might be due is looked at without a lock, so that walking
past those who stay writes nothing; whoever is due is held, unless somebody else holds them, and looked at again. A sign-up and a
confirmation hold the person's row as well: one that comes first is seen, one that comes later finds the person gone, and
signs up somebody new, or finds its link dead.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg.rows import namedtuple_row

from ledger import walk
from ledger.connection import Connection
from ledger.evidence import Record, Standing, forgettable
from ledger.removal import remove_people, remove_signups
from ledger.states import FINAL, WAITING, sql_list

SLICE = 4  # blocks of 8 KiB, some 150 sign-ups. A table of a million is walked in two hours, which is soon for what is weeks old
SAMPLE = 32  # sign-ups of one person that are looked at besides those in the slice: a stranger may have sent a million


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one call has removed: people with everything, and sign-ups of people who stay."""

    people: int
    signups: int


# An old sign-up that was not answered, or that is not its person's only one. Most people have one, and it proves what they want.
_FIND = """
SELECT DISTINCT person.id FROM signups JOIN subscribers AS person ON person.id = signups.subscriber_id
WHERE signups.ctid >= %(first)s::tid AND signups.ctid < %(beyond)s::tid AND signups.created_at < now() - %(old)s
  AND person.erasing_at IS NULL
  AND (signups.confirmed_at IS NULL AND (signups.asks OR signups.created_at >= person.left_at)
       OR EXISTS (SELECT FROM signups AS other WHERE other.subscriber_id = person.id AND other.id <> signups.id))
"""

_HOLD = "SELECT id FROM subscribers WHERE id = ANY(%s::uuid[]) FOR UPDATE SKIP LOCKED"

# What is settled stays so: nothing but a decision moves a job that has ended, and that moves dead and unknown ones alone.
_LOOK = f"""
WITH here AS MATERIALIZED (
    SELECT id, subscriber_id, created_at, confirmed_at, asks, door FROM signups
    WHERE ctid >= %(first)s::tid AND ctid < %(beyond)s::tid
), known AS (
    SELECT sampled.* FROM unnest(%(people)s::uuid[]) AS named(person) CROSS JOIN LATERAL (
        SELECT id, subscriber_id, created_at, confirmed_at, asks, door FROM signups WHERE subscriber_id = person LIMIT %(sample)s
    ) AS sampled
    UNION
    SELECT * FROM here WHERE subscriber_id = ANY(%(people)s::uuid[])
)
SELECT person.id AS person, person.created_at AS since, person.confirmed_at AS proven_at, person.left_at,
       person.unwanted <> '{{}}' AS choosy,
       EXISTS (SELECT FROM jobs WHERE subscriber_id = person.id AND signup_id IS NULL
               AND state NOT IN ({sql_list(FINAL - WAITING)})) AS busy,
       known.id, known.created_at, known.confirmed_at, known.asks, known.door,
       CASE WHEN NOT coalesce(work.is_open, false) THEN now() - greatest(known.created_at, work.ended_at) END AS quiet
FROM known JOIN subscribers AS person ON person.id = known.subscriber_id CROSS JOIN LATERAL (
    SELECT bool_or(state NOT IN ({sql_list(FINAL - WAITING)})) AS is_open, max(finished_at) AS ended_at
    FROM jobs WHERE jobs.signup_id = known.id
) AS work
WHERE person.erasing_at IS NULL
ORDER BY person.id
"""


def forget(connection: Connection, *, unanswered: timedelta, ended: timedelta, blocks: int = SLICE) -> Forgotten:
    """Remove what is due among the next `blocks` of the sign-ups; returns how much that was.

    `unanswered`: people who were asked and have said nothing, so long after the last mail that asked was sent (with their jobs,
    events and facts). `ended`: sign-ups that prove nothing, so long after their last job has ended, and no sooner than those.
    """
    ended = max(ended, unanswered)
    with connection.transaction():
        here = walk.turn(connection, "signups", blocks)
        if here is None:
            return Forgotten(0, 0)
        walk.walked(connection, here)
        found = connection.execute(_FIND, {**here.bounds, "old": unanswered}).fetchall()
        due = forgettable(_look(connection, here, _ids(found)), unanswered=unanswered, ended=ended)
        if due.of:
            held = _ids(connection.execute(_HOLD, (list(due.of),)).fetchall())
            due = forgettable(_look(connection, here, held), unanswered=unanswered, ended=ended)
        return Forgotten(remove_people(connection, due.people), remove_signups(connection, due.signups))


def _look(connection: Connection, here: walk.Slice, people: Collection[UUID]) -> list[Standing]:
    """These people as they are at this moment, without those who are being erased."""
    if not people:
        return []
    parameters = {**here.bounds, "people": people, "sample": SAMPLE}
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        rows = cursor.execute(_LOOK, parameters).fetchall()
    return [_standing(list(theirs)) for _, theirs in groupby(rows, attrgetter("person"))]


def _standing(rows: list[Any]) -> Standing:
    first = rows[0]
    records = tuple(Record(one.id, one.created_at, one.confirmed_at, one.asks, one.door, one.quiet) for one in rows)
    whole = len(records) < SAMPLE
    return Standing(first.person, first.since, first.proven_at, first.left_at, first.choosy, first.busy, whole, records)


def _ids(rows: Iterable[tuple[UUID]]) -> list[UUID]:
    return [one for (one,) in rows]
