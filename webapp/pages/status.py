"""The status page of one sign-up, put together.

Separate from the routes, because what may be shown is decided here. It must never show what the ledger knows of a
person, nor anything that is different for an address that was known.
"""

from datetime import UTC, datetime

from flask import Response, make_response, render_template

from ledger.reading import SignupView
from webapp.api.signup_body import links
from webapp.pages import wording
from webapp.pages.languages import current
from webapp.public_view import ask_again_in, awaits_confirmation, status_of

_LONG_S = 30  # between two looks, while it is the person who has to do something


def page(signup: SignupView) -> Response:
    """How it stands, in words; refreshes itself, with growing pauses, until nothing more will happen."""
    language = current()
    addresses = links(signup.id)
    refresh = ask_again_in(signup.jobs, since=signup.created_at, now=datetime.now(UTC))
    if refresh is None and awaits_confirmation(signup):
        refresh = _LONG_S
    text = render_template(
        "status.html",
        status=status_of(signup),
        summaries=wording.summaries(language),
        phrases=wording.phrases(language),
        lines=wording.lines_of(signup.jobs, language),
        asks=signup.asks,
        source=addresses.self,
        events=f"{addresses.self}/events",
        refresh=refresh,
    )
    return make_response(text)
