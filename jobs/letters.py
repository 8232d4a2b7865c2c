"""Turning a template into the two halves of a mail, in the reader's language.

Templates are in `jobs/templates`: NAME.subject, NAME.txt, NAME.html; what is to be translated stands in `{% trans %}`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from jobs.translation import Translation, for_locale

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered letter."""

    subject: str  # one line
    text: str
    html: str


def render(name: str, /, locale: str | None = None, **values: str) -> Text:
    """Render the three templates called `name` in the language nearest to `locale` (BCP 47).

    Raises `jinja2.UndefinedError` for a value that is missing. Each letter is rendered once in each language, with marks where the
    values go: a template may print a value, and do nothing else with it.
    """
    blank = _blank(_environment(for_locale(locale).tag), name, tuple(sorted(values)))
    if not values:
        return blank
    subject, text, html = blank.subject, blank.text, blank.html
    for key, value in values.items():
        subject = subject.replace(_mark(key), " ".join(value.split()))
        text = text.replace(_mark(key), value)
        html = html.replace(_mark(key), str(escape(value)))
    return Text(subject, text, html)


def _mark(key: str) -> str:
    return f"\0{key}\0"


@cache
def _blank(environment: Environment, name: str, keys: tuple[str, ...]) -> Text:
    subject, text, html = (
        environment.get_template(f"{name}.{part}").render({key: _mark(key) for key in keys})
        for part in ("subject", "txt", "html")
    )
    return Text(subject=" ".join(subject.split()), text=text, html=html)


@cache
def _environment(tag: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    _speak(environment, for_locale(tag))
    return environment


def _speak(environment: Environment, translation: Translation) -> None:
    environment.policies["ext.i18n.trimmed"] = True  # a paragraph may be broken anywhere in its template
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        translation.gettext, translation.ngettext, newstyle=True
    )
    environment.globals.update(language=translation.tag, direction=translation.direction)
