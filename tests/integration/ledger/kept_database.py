"""One migrated database for many tests, emptied for each: making one afresh takes ten times as long."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from embedded.postgres import EmbeddedPostgres

_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


@contextmanager
def kept(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The URL of a copy of `template`, dropped in the end."""
    plain = f"kept_{uuid.uuid4().hex}"
    name = sql.Identifier(plain)
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template)))
    yield postgres.database_url(plain)
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:  # see tests/conftest.py
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def empty(url: str) -> None:
    """Hang up on whoever is connected still, and empty every table."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(_OTHERS)
        tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in owner.execute(_TABLES).fetchall())
        owner.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
