"""`flask --app webapp.app db upgrade`: brings the ledger to the newest shape. The Procfile's `release` runs it."""

import click

from ledger import revision
from ledger.connection import session
from webapp.cli.ledger_group import AWAY, LedgerGroup
from webapp.desk import at_desk

group = LedgerGroup("db", help="The ledger's schema.")


@group.command("upgrade")
def upgrade() -> None:
    """Migrate the ledger to the newest shape. Harmless where it has it already, where it is newer, and when two run at once."""
    # Here and not above: Alembic and SQLAlchemy must not be loaded by every web process.
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    from ledger import migrations  # noqa: PLC0415

    url = at_desk().settings.database_url.get_secret_value()
    with session(url, name="usher-release") as connection:
        if revision.is_ahead(connection):  # Alembic would fail on a name it has never heard, and going back with it
            click.echo("The ledger is newer than this code, which can work on it: nothing to do.")
            return
    try:
        migrations.upgrade(url)
    except OperationalError:
        raise click.ClickException(AWAY) from None
    click.echo("The ledger is up to date.")
