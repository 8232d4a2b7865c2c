"""A ledger that grows old in an instant, for tests of what is forgotten when, and everything in it, to be compared.

It must never move what is due, only what has been.
"""

from datetime import timedelta

from psycopg import sql

from ledger import forgetting
from ledger.connection import Connection
from ledger.forgetting import Forgotten

LINK = timedelta(days=7)
UNANSWERED = LINK + timedelta(days=30)
ENDED = timedelta(days=60)
HOUR = timedelta(hours=1)
YEARS = timedelta(days=2_000)

_DATES = {
    "subscribers": ("created_at", "signed_up_at", "confirmed_at", "left_at", "erasing_at", "asked_at"),
    "signups": ("created_at", "confirmed_at"),
    "facts": ("happened_at",),
    "jobs": ("created_at", "run_at", "tried_at", "finished_at"),
    "job_events": ("at",),
    "effects": ("at",),
}
_SHIFT = sql.SQL("UPDATE {} SET {}")
_PASSED_OVER = {"pruning", "job_count_changes", "alembic_version"}


def grow_old(ledger: Connection, by: timedelta) -> None:
    """As if all that has happened had happened so much earlier."""
    for table, columns in _DATES.items():
        earlier = [sql.SQL("{0} = {0} - {1}").format(sql.Identifier(one), sql.Literal(by)) for one in columns]
        ledger.execute(_SHIFT.format(sql.Identifier(table), sql.SQL(", ").join(earlier)))


def end_jobs(ledger: Connection, state: str = "succeeded") -> None:
    """Every job that is open ends so, with a line of history."""
    ledger.execute(
        "WITH ended AS (UPDATE jobs SET state = %s, finished_at = now(), claim = 1, settled = 1, claimer = NULL, "
        "error_code = CASE WHEN %s IN ('dead', 'unknown') THEN 'down' END WHERE finished_at IS NULL RETURNING id) "
        "INSERT INTO job_events (job_id, event, claim, attempt) SELECT id, %s, 1, 1 FROM ended",
        (state, state, state),
    )


def forget(ledger: Connection, *, ended: timedelta = ENDED, blocks: int = forgetting.SLICE) -> Forgotten:
    """Once through all sign-ups."""
    (size,) = ledger.execute("SELECT pg_relation_size('signups') / 8192").fetchone() or (0,)
    done = [
        forgetting.forget(ledger, unanswered=UNANSWERED, ended=ended, blocks=blocks) for _ in range(size // blocks + 1)
    ]
    return Forgotten(sum(one.people for one in done), sum(one.signups for one in done))


def everything(ledger: Connection) -> dict[str, list[str]]:
    """Every row of every table, as text, but for what is only counted or walked."""
    tables = ledger.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")
    return {
        table: [row for (row,) in ledger.execute(query.format(sql.Identifier(table)))]
        for (table,) in tables
        if table not in _PASSED_OVER
    }
