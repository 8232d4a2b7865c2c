"""Whether the database has the shape this code needs. For readiness.

Separate from the migrations, because asking must not import Alembic and SQLAlchemy into the web process.
"""

from functools import cache
from pathlib import Path

from psycopg.errors import UndefinedTable

from ledger.connection import Connection

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def newest() -> str:
    """The number of the newest migration; they are numbered so that a newer one sorts after an older one."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


def is_current(connection: Connection) -> bool:
    """Whether every migration this code knows has run. One that it does not know yet is fine: releases migrate first."""
    found = _of(connection)
    return found is not None and found >= newest()


def is_ahead(connection: Connection) -> bool:
    """Whether a newer code than this has migrated it: that is what is found by whoever goes back."""
    found = _of(connection)
    return found is not None and found > newest()


def _of(connection: Connection) -> str | None:
    """The newest migration that has run, or None where none has."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except UndefinedTable:
        return None
    return row[0] if row else None
