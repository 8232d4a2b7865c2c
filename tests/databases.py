"""Databases on the session's PostgreSQL: a copy of the template for as long as somebody needs it, and one that is kept.

Separate from the fixtures, because every folder wants one of the two. Making a copy takes a third of a second, emptying
the kept one a few hundredths: for thousands of tests that is the difference between minutes and a quarter of an hour.

What a test finds must not depend on which of the two it was given: the kept one has no rows, its numbers begin anew,
nobody is connected, and it is made afresh where its shape has changed (a test may drop a table, or add a trigger).
"""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from embedded.postgres import EmbeddedPostgres


@contextmanager
def made_from(server: EmbeddedPostgres, template: str | None = None) -> Iterator[str]:
    """The URL of a database of its own, a copy of `template` where one is given; dropped afterwards."""
    plain = f"test_{uuid.uuid4().hex}"
    name = sql.Identifier(plain)
    source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    with psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}{}").format(name, source))
    try:
        yield server.database_url(plain)
    finally:
        # As the superuser: nobody else may end an autovacuum worker that happens to be in there.
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class KeptDatabase:
    """One copy of `template` for many tests, one after the other."""

    def __init__(self, server: EmbeddedPostgres, template: str) -> None:
        self._server = server
        self._template = template
        self._copy = ExitStack()
        self._url = ""
        self._shape = ""

    def emptied(self) -> str:
        """Its URL, now that nobody and nothing is in there, whatever the test before has done."""
        if not self._url or not _emptied(self._url, self._shape):
            self.drop()
            self._url = self._copy.enter_context(made_from(self._server, self._template))
            with psycopg.connect(self._url) as owner:
                self._shape = _shape(owner)
            _emptied(self._url, self._shape)  # of what a migration has put in, which nobody finds after the first test
        return self._url

    def drop(self) -> None:
        """End it, whoever is connected; the next to ask gets another."""
        self._copy.close()
        self._url = ""


def _emptied(url: str, shape: str) -> bool:
    """Hang up on whoever is connected still and take every row away; False where more than rows has changed."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(_HANG_UP)
        if _shape(owner) != shape:
            return False
        if touched := [sql.Identifier(name) for (name,) in owner.execute(_TOUCHED).fetchall()]:
            owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(touched)))
        owner.execute(_FROM_ONE)
        return True


def _shape(owner: psycopg.Connection) -> str:
    """A digest of everything in there that is not a row."""
    try:
        return str(owner.execute(_SHAPE).fetchone())
    except psycopg.errors.UndefinedTable:
        return "not even a version"


_HANG_UP = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""

# A table without a page has had no row since it was last emptied, and emptying one costs its files anew, indexes included.
_TOUCHED = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""

_FROM_ONE = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""

_SHAPE = """
WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT md5(string_agg(part, ';' ORDER BY part)) FROM (
    SELECT concat_ws(' ', relname, relkind, relpersistence, relrowsecurity, reloptions, relacl) FROM ours
    UNION ALL
    SELECT concat_ws(' ', relname, attnum, attname, atttypid, attnotnull, attisdropped, attstattarget, attacl)
    FROM pg_attribute JOIN ours ON ours.oid = attrelid
    UNION ALL
    SELECT concat_ws(' ', relname, adnum, pg_get_expr(adbin, adrelid)) FROM pg_attrdef JOIN ours ON ours.oid = adrelid
    UNION ALL
    SELECT concat_ws(' ', relname, indisvalid, indisready, indisunique) FROM pg_index JOIN ours ON ours.oid = indexrelid
    UNION ALL
    SELECT concat_ws(' ', relname, conname, convalidated, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN ours ON ours.oid = conrelid
    UNION ALL
    SELECT concat_ws(' ', relname, tgname, tgenabled, tgfoid) FROM pg_trigger JOIN ours ON ours.oid = tgrelid
    UNION ALL
    SELECT concat_ws(' ', relname, seqstart, seqincrement, seqcache, seqcycle)
    FROM pg_sequence JOIN ours ON ours.oid = seqrelid
    UNION ALL
    SELECT concat_ws(' ', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', typname, typtype) FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', nspname, nspacl) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
    UNION ALL
    SELECT concat_ws(' ', setrole, setconfig) FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase
    WHERE datname = current_database()
    UNION ALL
    SELECT version_num FROM alembic_version
) AS parts (part)
"""
