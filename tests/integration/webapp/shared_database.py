"""A migrated database for many tests: where a web process is started once, it needs one that outlives a test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from embedded.postgres import EmbeddedPostgres


@contextmanager
def made_from(server: EmbeddedPostgres, template: str | None = None) -> Iterator[str]:
    """The URL of a database of its own, a copy of `template` where one is given; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    with psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), source))
    try:
        yield server.database_url(name)
    finally:
        with psycopg.connect(server.admin_url, autocommit=True) as admin:  # see tests/conftest.py
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
