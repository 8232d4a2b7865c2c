"""Everything the ledger knows of one person, for that person."""

from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from ledger.connection import Connection

_JOBS = """
SELECT id, signup_id, kind, queue, state, attempts, created_at, run_at, finished_at, error_code, provider_id, payload
FROM jobs WHERE id IN (
    SELECT jobs.id FROM signups JOIN jobs ON jobs.signup_id = signups.id WHERE signups.subscriber_id = %(person)s
    UNION ALL
    SELECT id FROM jobs WHERE subscriber_id = %(person)s AND signup_id IS NULL
) ORDER BY seq
"""

_PARTS = {
    "person": """
        SELECT id, address, name, locale, unwanted, created_at, signed_up_at, confirmed_at, left_at, asked_at,
               unanswered
        FROM subscribers
        WHERE id = %(person)s AND erasing_at IS NULL
    """,
    "signups": """
        SELECT id, created_at, door, shown, origin, host(client) AS client, confirmed_at,
               host(confirmed_from) AS confirmed_from, confirmed_shown
        FROM signups WHERE subscriber_id = %(person)s ORDER BY created_at, id
    """,
    "facts": """
        SELECT facts.name, facts.happened_at FROM signups JOIN facts ON facts.signup_id = signups.id
        WHERE signups.subscriber_id = %(person)s
        UNION ALL
        SELECT name, happened_at FROM facts WHERE subscriber_id = %(person)s AND signup_id IS NULL
        ORDER BY happened_at
    """,
    "jobs": _JOBS,
    "events": f"""
        WITH theirs AS ({_JOBS})
        SELECT job_id, at, event, attempt, code, job_events.provider_id FROM theirs JOIN job_events ON job_id = theirs.id
        ORDER BY job_events.id
    """,
    "effects": "SELECT once_key AS effect, at FROM effects WHERE subscriber_id = %(person)s ORDER BY at",
}


def export(connection: Connection, subscriber_id: UUID) -> dict[str, Any]:
    """The parts, each a list of rows as PostgreSQL gives them (dates, UUIDs); `person` has none where there is no such person.

    As of one moment.
    """
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {name: cursor.execute(query, {"person": subscriber_id}).fetchall() for name, query in _PARTS.items()}
