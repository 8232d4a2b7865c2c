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
from webapp.api import challenges as api_challenges
from webapp.api import events as api_events
from webapp.api import jobs as api_jobs
from webapp.api import problems as api_problems
from webapp.api import signups as api_signups
from webapp.chunked_body import ChunkedBodies
from webapp.cli import db as db_command
from webapp.cli import jobs as jobs_command
from webapp.docs import pages as docs_pages
from webapp.front.origins import CrossOrigin
from webapp.headers import StrictHeaders
from webapp.ops import doors as ops_doors
from webapp.pages import confirmations, erasure, preferences, renewal, unsubscribe
from webapp.pages import signups as signup_pages
from webapp.safe_log import without_text
from webapp.sessions import CookieSessions

BODY_LIMIT = 16 * 1024  # bytes; the largest valid sign-up is a tenth of it
FORM_LIFETIME_S = 4 * 3600  # a form left open over lunch is still good

UNFORGEABLE = (
    # No cookie gives anybody any right here, so there is nothing to forge.
    *(
        api_signups.blueprint,
        api_jobs.blueprint,
        api_events.blueprint,
        api_challenges.blueprint,
        api_problems.blueprint,
    ),
    *docs_pages.BLUEPRINTS,
    # Whoever has the link is whom it was sent to: the token in it is what another site does not have.
    *(confirmations.blueprint, unsubscribe.blueprint, preferences.blueprint, erasure.blueprint, renewal.blueprint),
    # The gate in front of these refuses what another site sends.
    *ops_doors.BLUEPRINTS,
)

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
    shared = CrossOrigin(bodies, settings.allowed_origins)
    app.wsgi_app = StrictHeaders(shared, https=_is_https(settings))  # type: ignore[method-assign]  # Flask's documented way
    app.url_map.merge_slashes = False  # a path with `//` is 404, and no redirect to wherever that leads
    csrf = CSRFProtect(app)
    desk.open_in(app, desk.Desk(settings, registry.load()))
    for blueprint in UNFORGEABLE:
        csrf.exempt(blueprint)
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
