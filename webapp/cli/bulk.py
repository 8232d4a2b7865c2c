"""`jobs bulk` and `jobs bulk-stop`: how far bulk operations are, and calling one off."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger import operations
from ledger.operations import Operation
from webapp.cli.decisions import actor_option
from webapp.desk import at_desk

SHOWN = 20


@click.command("bulk")
@with_appcontext
def progress() -> None:
    """List the last bulk operations, newest first."""
    with at_desk().back_office.session() as connection:
        found = operations.newest(connection, limit=SHOWN)
    for one in found:
        click.echo(_row(one))
    if not found:
        click.echo("No bulk operations.", err=True)


@click.command("bulk-stop")
@click.argument("operation_id", type=click.UUID, metavar="ID")
@actor_option
@with_appcontext
def stop(operation_id: UUID, actor: str) -> None:
    """Call a bulk operation off; what it has moved stays moved."""
    with at_desk().back_office.session() as connection:
        stopped = operations.stop(connection, operation_id, actor=actor)
    if stopped is None:
        raise click.ClickException(f"there is no operation {operation_id} that is not finished")
    click.echo(_row(stopped))


def _row(one: Operation) -> str:
    filters = " ".join(f"{name}={value}" for name, value in one.selection.items())
    asked = one.asked_at.isoformat(timespec="seconds")
    return f"{one.id}  {asked}  {_how_far(one):<10} {one.moved}/{one.counted}  {one.verb} {filters}  by {one.actor}"


def _how_far(one: Operation) -> str:
    if one.cancelled_at:
        return "called off"
    return "done" if one.finished_at else "under way"
