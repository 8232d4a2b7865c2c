"""Alembic's entry: runs the migrations online, in one transaction, behind one advisory lock."""

from alembic import context
from sqlalchemy import create_engine, pool, text

LOCK = 7_508_113_201  # any number nobody else uses: two releases at once must not migrate at once


def run() -> None:
    """Connect, take the lock, migrate."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


run()
