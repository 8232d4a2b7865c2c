"""`flask --app webapp.app jobs …`: looking at jobs from a terminal, and deciding about them. It must never show a person's data."""

from uuid import UUID

import click

from ledger import listing, reading
from ledger.reading import EventView, JobView
from webapp.cli import bulk, decisions, errors
from webapp.cli.filters import filter_options, read_options
from webapp.cli.ledger_group import LedgerGroup
from webapp.desk import at_desk
from webapp.ops.filters import Filters

group = LedgerGroup("jobs", help="Jobs: what is owed, and how it stands.")

MOST = 10_000

for _command in (errors.show, decisions.retry, decisions.discard, decisions.cancel, bulk.progress, bulk.stop):
    group.add_command(_command)


@group.command("list")
@filter_options
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="At most so many.")
def list_newest(limit: int, **filters: str | None) -> None:
    """List the newest jobs, newest first."""
    wanted = read_options(Filters, filters)
    with at_desk().back_office.session() as connection:
        page = listing.page(connection, wanted.selection(), cursor=None, limit=limit)
    for job in page.jobs:
        click.echo(_row(job))
    if not page.jobs:
        click.echo("No such jobs.", err=True)


@group.command("show")
@click.argument("job_id", type=click.UUID, metavar="ID")
def show(job_id: UUID) -> None:
    """Show one job and everything that happened to it."""
    with at_desk().back_office.session() as connection:
        job = reading.job(connection, job_id)
        history = reading.history(connection, job_id)
    if job is None:
        raise click.ClickException(f"there is no job {job_id}")
    for name, value in _facts(job):
        click.echo(f"{name:<12} {value}")
    click.echo("history")
    for event in history:
        click.echo(f"  {_event(event)}")


def _row(job: JobView) -> str:
    created = job.created_at.isoformat(timespec="seconds")
    error = f"  {job.error_code}" if job.error_code else ""
    return f"{job.id}  {created}  {job.state:<9}  attempts={job.attempts:<3} {job.kind}{error}"


def _facts(job: JobView) -> list[tuple[str, object]]:
    return [
        ("id", job.id),
        ("kind", job.kind),
        ("queue", job.queue),
        ("state", job.state),
        ("attempts", job.attempts),
        ("crashes", job.crashes),
        ("claim", job.claim),
        ("created_at", job.created_at.isoformat()),
        ("run_at", job.run_at.isoformat()),
        ("finished_at", job.finished_at.isoformat() if job.finished_at else "-"),
        ("error", job.error_code or "-"),
        ("provider_id", job.provider_id or "-"),
    ]


def _event(event: EventView) -> str:
    named = {"worker": event.worker, "message": event.message_id, "code": event.code, "provider_id": event.provider_id}
    rest = "".join(f"  {name}={value}" for name, value in named.items() if value)
    return f"{event.at.isoformat(timespec='milliseconds')}  {event.event:<12} claim={event.claim} attempt={event.attempt}{rest}"
