"""Removing people and sign-ups with all that hangs on them: jobs, their history, facts; what has a foreign key follows by itself.

Shared by those who decide that somebody is to go, `erasure` and `forgetting`. It asks no questions: the caller holds the people's
rows, and knows that nothing of theirs is on its way.
"""

from collections.abc import Collection
from uuid import UUID

from ledger.connection import Connection

THEIRS = """
    SELECT jobs.id FROM signups JOIN jobs ON jobs.signup_id = signups.id WHERE signups.subscriber_id = ANY(%(people)s::uuid[])
    UNION ALL
    SELECT id FROM jobs WHERE subscriber_id = ANY(%(people)s::uuid[]) AND signup_id IS NULL
"""
"""SQL: the ids of all jobs of these people."""

_PEOPLE = f"""
WITH theirs AS ({THEIRS}), history AS (
    DELETE FROM job_events WHERE job_id IN (SELECT id FROM theirs)
), jobs AS (
    DELETE FROM jobs WHERE id IN (SELECT id FROM theirs)
), facts AS (
    DELETE FROM facts WHERE id IN (
        SELECT facts.id FROM signups JOIN facts ON facts.signup_id = signups.id
        WHERE signups.subscriber_id = ANY(%(people)s::uuid[])
        UNION ALL
        SELECT id FROM facts WHERE subscriber_id = ANY(%(people)s::uuid[]) AND signup_id IS NULL
    )
)
DELETE FROM subscribers WHERE id = ANY(%(people)s::uuid[])
"""

_SIGNUPS = """
WITH theirs AS (
    SELECT id FROM jobs WHERE signup_id = ANY(%(signups)s::uuid[])
), history AS (
    DELETE FROM job_events WHERE job_id IN (SELECT id FROM theirs)
), jobs AS (
    DELETE FROM jobs WHERE id IN (SELECT id FROM theirs)
), facts AS (
    DELETE FROM facts WHERE signup_id = ANY(%(signups)s::uuid[])
)
DELETE FROM signups WHERE id = ANY(%(signups)s::uuid[])
"""


def remove_people(connection: Connection, people: Collection[UUID]) -> int:
    """Remove these people, their sign-ups and the rest; returns how many there were."""
    return connection.execute(_PEOPLE, {"people": list(people)}).rowcount if people else 0


def remove_signups(connection: Connection, signups: Collection[UUID]) -> int:
    """Remove these sign-ups and what followed from them, and leave their people; returns how many there were."""
    return connection.execute(_SIGNUPS, {"signups": list(signups)}).rowcount if signups else 0
