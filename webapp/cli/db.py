"""`flask --app webapp.app db upgrade`: brings the ledger to the newest shape. The Procfile's `release` runs it."""

import click
from flask.cli import AppGroup

from webapp.cli.ledger_group import AWAY
from webapp.desk import at_desk

group = AppGroup("db", help="The ledger's schema.")


@group.command("upgrade")
def upgrade() -> None:
    """Migrate the ledger to the newest shape. Harmless where it has it already, and when two run at once."""
    # Here and not above: Alembic and SQLAlchemy must not be loaded by every web process.
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    from ledger import migrations  # noqa: PLC0415

    try:
        migrations.upgrade(at_desk().settings.database_url.get_secret_value())
    except OperationalError:
        raise click.ClickException(AWAY) from None
    click.echo("The ledger is up to date.")
