"""Forms on other sites: which of them may sign somebody up here, and how such a form is written.

Separate because for them neither a token nor a cookie is the guard, but the list in ALLOWED_ORIGINS. It must never let a
form of an unknown site in, even where it brings a token that it got from us.
"""

from urllib.parse import urlsplit

from flask import Request, Response, current_app, make_response, render_template

from config.settings import WebSettings
from webapp.front.origins import allowed_origin
from webapp.pages.languages import current
from webapp.pages.other_sites import refuse_other_sites
from webapp.pages.traps import LURE
from webapp.pages.wording import consent


def site_of(request: Request, settings: WebSettings) -> str | None:
    """The origin of the other site whose form this is; None for our own form, with its token.

    Raises `werkzeug.exceptions.Forbidden` for the form of a site that is not allowed, and
    `flask_wtf.csrf.CSRFError` for our own without a good token.
    """
    origin = allowed_origin(request)
    if origin is None:
        refuse_other_sites(request, settings.public_url)
        current_app.extensions["csrf"].protect()
    return origin


def guide(settings: WebSettings) -> Response:
    """The page with the form to be copied."""
    language = current()
    page = render_template(
        "embed.html",
        action=f"{settings.public_url}/signups",
        own_origin="{0.scheme}://{0.netloc}".format(urlsplit(settings.public_url)),
        lure=LURE,
        consent=consent(language, asks=settings.double_opt_in),
        challenge=settings.signup_challenge,
    )
    return make_response(page)


def refusal() -> Response:
    """The page for whoever used the form of a site that we do not know."""
    return make_response(render_template("elsewhere.html"), 403)
