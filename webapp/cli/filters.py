"""The options that say which jobs, for every command that takes them. They mean and refuse what the API's filters do."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from ledger.decisions import Verb
from webapp.errors import UnprocessableError
from webapp.field_errors import FieldError
from webapp.ops.filters import read

Function = TypeVar("Function", bound=Callable[..., Any])
M = TypeVar("M", bound=BaseModel)

_OPTIONS = {
    "state": "Only jobs in this state.",
    "kind": "Only jobs of this kind.",
    "queue": "Only jobs of this queue.",
    "error": "Only jobs with this error code.",
    "after": "Only jobs that ended (or, unfinished, were owed) at this time or later; ISO 8601, with a zone.",
    "before": "Only jobs that ended (or, unfinished, were owed) before this time.",
}


def filter_options(command: Function) -> Function:
    """Give a command the options; it gets each as text or None, for `read_options`."""
    for name, meaning in reversed(_OPTIONS.items()):
        command = click.option(f"--{name}", help=meaning)(command)
    return command


def read_options(model: type[M], options: Mapping[str, object], *, verb: Verb = Verb.RETRY) -> M:
    """The model in the options that were given. Raises `click.UsageError` for the first that is refused.

    Not a callback of each option: those run before there is an application to ask.
    """
    try:
        return read(model, {name: value for name, value in options.items() if value is not None}, verb=verb)
    except UnprocessableError as error:
        raise _refusal(error.errors[0]) from None


def _refusal(error: FieldError) -> click.UsageError:
    words = error.detail[:1].lower() + error.detail[1:].rstrip(".")
    option = error.pointer.removeprefix("#/")
    if option == "#":
        return click.UsageError(words)
    return click.BadParameter(words, param_hint=f"'--{option.replace('_', '-')}'")
