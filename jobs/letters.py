"""Turning a template into the two halves of a mail. Templates are in `jobs/templates`: NAME.subject, NAME.txt, NAME.html."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered letter."""

    subject: str  # one line
    text: str
    html: str


def render(name: str, /, **values: str) -> Text:
    """Render the three templates called `name`. Raises `jinja2.UndefinedError` for a value that is missing.

    A letter that says the same to everybody is rendered once; one with values is not kept, since they are somebody's.
    """
    return _render(_environment(), name, values) if values else _for_everybody(_environment(), name)


@cache
def _for_everybody(environment: Environment, name: str) -> Text:
    return _render(environment, name, {})


def _render(environment: Environment, name: str, values: dict[str, str]) -> Text:
    subject, text, html = (
        environment.get_template(f"{name}.{part}").render(values) for part in ("subject", "txt", "html")
    )
    return Text(subject=" ".join(subject.split()), text=text, html=html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
