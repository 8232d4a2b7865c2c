"""A group of commands that need the ledger: where it is away or too slow, one line for the person at the terminal, no stack trace."""

from typing import Any

import click
from flask.cli import AppGroup
from psycopg.errors import UndefinedTable

from webapp.back_office import STATEMENT_S, TooSlowError
from webapp.errors import OUTAGE

AWAY = "the ledger cannot be reached: is DATABASE_URL right, and is PostgreSQL running?"
TOO_SLOW = f"the ledger needed more than {STATEMENT_S:g} s, which is all it gets: narrow it down (--kind, --error, --after ...), or try again"
NOT_MIGRATED = "the ledger was not migrated yet: run `flask --app webapp.app db upgrade`"


class LedgerGroup(AppGroup):
    """Flask's own group. Its commands raise `click.ClickException` where the ledger is away, too slow, or was never migrated."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except TooSlowError:
            raise click.ClickException(TOO_SLOW) from None
        except OUTAGE:
            raise click.ClickException(AWAY) from None
        except UndefinedTable:
            raise click.ClickException(NOT_MIGRATED) from None
