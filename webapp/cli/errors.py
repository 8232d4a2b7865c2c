"""`jobs errors`: what waits for a person, grouped by why."""

import click
from flask.cli import with_appcontext

from ledger import deadletters
from ledger.deadletters import Group
from webapp.cli.filters import filter_options, read_options
from webapp.desk import at_desk
from webapp.ops.filters import Filters


@click.command("errors")
@filter_options
@with_appcontext
def show(**filters: str | None) -> None:
    """Count dead and unknown jobs by error, the largest group first."""
    wanted = read_options(Filters, filters)
    with at_desk().back_office.session() as connection:
        found = deadletters.groups(connection, wanted.selection())
    for group in found:
        click.echo(_row(group))
    if not found:
        click.echo("Nothing waits for a person.", err=True)


def _row(group: Group) -> str:
    since, until = (moment.isoformat(timespec="seconds") for moment in (group.oldest, group.newest))
    return f"{group.count:>8}  {group.state:<8} {group.kind}  {group.error}  {since} to {until}"
