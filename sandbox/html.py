"""Templates, and the headers under which a page may run: its own styles and script, and nothing from elsewhere.

Separate, because jinja2 is loaded here and only when somebody opens a page: tests that start a sandbox never do.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail is somebody else's HTML: it may look as it likes, open its links in a new tab, and do nothing.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: https:; frame-ancestors 'self'"
)


def page(template: str, *, status: int = 200, **values: object) -> web.Response:
    """The rendered template, every value escaped."""
    return document(_environment().get_template(template).render(**values), PAGE_POLICY, status=status)


def document(text: str, policy: str, *, status: int = 200) -> web.Response:
    """An HTML answer under a content security policy."""
    headers = {
        "Content-Security-Policy": policy,
        # Not no-referrer: under that, a browser sends a form with `Origin: null`, which origin.py must refuse.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - see above: a tenth of a second

    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
