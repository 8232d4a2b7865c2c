"""The web process's entry: wires what the other files declare into one Flask application.

Separate so that the whole of the wiring can be read at a glance. It must never decide anything itself, and importing
it builds nothing: the web server and Flask's command line call `create_app`.
"""

import logging
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]  # Flask-WTF ships no types

from config.settings import WebSettings, load_or_exit
from jobs import registry
from webapp import desk, errors, health
from webapp.api import jobs as api_jobs
from webapp.api import signups as api_signups
from webapp.chunked_body import ChunkedBodies
from webapp.cli import db as db_command
from webapp.cli import jobs as jobs_command
from webapp.headers import StrictHeaders
from webapp.ops import doors as ops_doors
from webapp.pages import signups as signup_pages
from webapp.safe_log import without_text
from webapp.sessions import CookieSessions

BODY_LIMIT = 16 * 1024  # bytes; the largest valid sign-up is a tenth of it
FORM_LIFETIME_S = 4 * 3600  # a form left open over lunch is still good

_log = logging.getLogger("webapp")


class WebApp(Flask):
    """Flask, but for what it writes to the log about a fault of ours."""

    def log_exception(self, exc_info: Any) -> None:
        """Say where it happened and what kind it was, never its text nor the address it happened at."""
        _log.error("unexpected fault: %s", without_text(exc_info[1]))


def create_app(settings: WebSettings | None = None) -> Flask:
    """The application. Without `settings` they come from the environment; a bad one ends the process with code 78."""
    settings = settings or load_or_exit(WebSettings)
    app = WebApp("webapp")
    app.config.update(_flask_options(settings))
    app.session_interface = CookieSessions()
    bodies = ChunkedBodies(app.wsgi_app, BODY_LIMIT)
    app.wsgi_app = StrictHeaders(bodies, https=_is_https(settings))  # type: ignore[method-assign]  # Flask's documented way
    csrf = CSRFProtect(app)
    desk.open_in(app, desk.Desk(settings, registry.load()))
    for blueprint in (api_signups.blueprint, api_jobs.blueprint):
        csrf.exempt(blueprint)  # no cookie gives anybody any right there, so there is nothing to forge
        app.register_blueprint(blueprint)
    for blueprint in ops_doors.BLUEPRINTS:
        csrf.exempt(blueprint)  # the gate in front of them refuses what another site sends
        app.register_blueprint(blueprint)
    app.register_blueprint(signup_pages.blueprint)
    app.register_blueprint(health.blueprint)
    errors.register(app)
    app.cli.add_command(db_command.group)
    app.cli.add_command(jobs_command.group)
    return app


def _is_https(settings: WebSettings) -> bool:
    return settings.public_url.startswith("https://")


def _flask_options(settings: WebSettings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "MAX_CONTENT_LENGTH": BODY_LIMIT,
        "SESSION_COOKIE_NAME": "usher",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": _is_https(settings),
        "WTF_CSRF_TIME_LIMIT": FORM_LIFETIME_S,
        # The strict check wants a Referer, which our own Referrer-Policy keeps browsers from sending: behind https
        # every form would be refused. The token is what protects.
        "WTF_CSRF_SSL_STRICT": False,
    }
