"""`jobs retry`, `discard`, `cancel`: about the jobs that are named, or in bulk about those that a filter lets through.

Where an effect may be repeated, the person has to say that they mean it: a terminal asks nobody twice.
"""

import getpass
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import click
from flask.cli import with_appcontext
from psycopg import Rollback

from ledger import operations
from ledger.audit import decide_as
from ledger.connection import Connection
from ledger.decisions import ALLOWED, Decision, Verb
from ledger.states import State
from webapp.cli.filters import filter_options, read_options
from webapp.desk import at_desk
from webapp.ops.filters import RATES, Bulk

Function = TypeVar("Function", bound=Callable[..., Any])

_DOUBT = "nobody knows whether it was done: --even-if-repeated does it again"


def _whoever() -> str:
    """Whoever sits at the terminal, as far as the operating system knows."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container may run under a number that has no name
        return "cli"


actor_option = click.option("--as", "actor", default=_whoever, help="Who decides, for the audit.", show_default="you")


def _deciding(name: str) -> Callable[[Function], click.Command]:
    """A command with everything that the three have in common."""

    def wrap(function: Function) -> click.Command:
        options = [
            click.argument("job_ids", type=click.UUID, nargs=-1, metavar="[ID]..."),
            filter_options,
            click.option("--all", is_flag=True, help="Every job in that state."),
            click.option("--dry-run", is_flag=True, help="Only count."),
            click.option("--rate", type=int, help="Jobs a second, in bulk."),
            actor_option,
        ]
        command: Any = with_appcontext(function)
        for option in reversed(options):
            command = option(command)
        return click.command(name)(command)

    return wrap


@_deciding("retry")
@click.option("--even-if-repeated", is_flag=True, help="Also where nobody knows whether it was done.")
def retry(job_ids: tuple[UUID, ...], actor: str, *, even_if_repeated: bool, **options: Any) -> None:
    """Do dead or unknown jobs again, under the same id."""
    _decide(Verb.RETRY, job_ids, actor, options, doubt=even_if_repeated)


@_deciding("discard")
def discard(job_ids: tuple[UUID, ...], actor: str, **options: Any) -> None:
    """Let dead or unknown jobs be."""
    _decide(Verb.DISCARD, job_ids, actor, options, doubt=True)


@_deciding("cancel")
def cancel(job_ids: tuple[UUID, ...], actor: str, **options: Any) -> None:
    """End jobs that have not been done yet and are not being done right now."""
    _decide(Verb.CANCEL, job_ids, actor, options, doubt=True)


def _decide(verb: Verb, job_ids: tuple[UUID, ...], actor: str, options: dict[str, Any], *, doubt: bool) -> None:
    given = {name: value for name, value in options.items() if value is not None and value is not False}
    if job_ids and given:
        raise click.UsageError("name jobs, or give a filter, but not both")
    if job_ids:
        _decide_on_each(verb, job_ids, actor, doubt=doubt)
    else:
        _decide_in_bulk(verb, actor, given, doubt=doubt)


def _decide_on_each(verb: Verb, job_ids: tuple[UUID, ...], actor: str, *, doubt: bool) -> None:
    failed = False
    with at_desk().back_office.session() as connection:
        for job_id in job_ids:
            refusal = _refusal(verb, _decide_on(connection, verb, job_id, actor, doubt=doubt), doubt=doubt)
            failed = failed or refusal is not None
            click.echo(f"{job_id}  {refusal or 'done'}", err=refusal is not None)
    if failed:
        raise click.exceptions.Exit(1)


def _decide_on(connection: Connection, verb: Verb, job_id: UUID, actor: str, *, doubt: bool) -> Decision | None:
    decision = None
    with connection.transaction() as transaction:
        decision = decide_as(connection, actor, verb, job_id)
        if decision and decision.may_repeat and not doubt:
            raise Rollback(transaction)
    return decision


def _refusal(verb: Verb, decision: Decision | None, *, doubt: bool) -> str | None:
    if decision is None:
        return "there is no such job"
    if decision.may_repeat and not doubt:
        return f"is unknown, and {_DOUBT}"
    if not decision.moved:
        return f"is {decision.before}; it would have to be {' or '.join(sorted(ALLOWED[verb]))}"
    return None


def _decide_in_bulk(verb: Verb, actor: str, given: dict[str, Any], *, doubt: bool) -> None:
    wanted = read_options(Bulk, given, verb=verb)
    if wanted.state is State.UNKNOWN and not doubt and not wanted.dry_run:
        raise click.UsageError(_DOUBT)
    with at_desk().back_office.session() as connection:
        if wanted.dry_run:
            click.echo(f"{operations.count(connection, wanted.selection())} jobs")
            return
        rate = wanted.rate or RATES[verb]
        asked = operations.ask(connection, verb, wanted.selection(), actor=actor, rate=rate)
    click.echo(f"{asked.counted} jobs, {asked.rate} a second, as operation {asked.id}")
    click.echo("The workers carry it out; `jobs bulk` shows how far it is.", err=True)
