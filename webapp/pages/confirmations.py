"""Confirming a sign-up, by the link in the mail that asked for it.

The link alone does nothing: mail scanners and previews open every link there is. Only the button does. It must never say
of a link that was made up whether there is anything like it.
"""

from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from ledger.confirmations import Confirmation
from webapp.desk import at_desk
from webapp.front.client_address import client_of
from webapp.pages import wording
from webapp.pages.languages import link
from webapp.pages.personal import DeadLinkError, language_for, named, page, personal, there

blueprint = personal("confirmations")


@blueprint.get("/confirmations/<token>")
def show(token: str) -> Response:
    """The button; once it was pressed, that it was. 404 for a link that is no good, 410 for somebody who was erased."""
    asked = _asked(_id_in(token))
    if asked.confirmed_at is not None:
        return page("confirmed.html", asked.locale)
    return page("confirmation.html", asked.locale, address=asked.address, consent=_consent(asked))


@blueprint.post("/confirmations/<token>")
def confirm(token: str) -> AnyResponse:
    """303 to the page that says so. Pressed twice it is done once, and says the same."""
    signup_id = _id_in(token)
    asked = _asked(signup_id)
    if at_desk().confirm(signup_id, client=client_of(request), shown=_consent(asked)) == "gone":
        raise DeadLinkError.gone("confirmation", asked.locale)
    return redirect(link(".show", token=token), 303)


def _id_in(token: str) -> UUID:
    return named(at_desk().links.read_confirm(token), "confirmation")


def _asked(signup_id: UUID) -> Confirmation:
    return there(at_desk().confirmation(signup_id), "confirmation")


def _consent(asked: Confirmation) -> str:
    """The words beside the button, which are those that are recorded."""
    return wording.consent(language_for(asked.locale), asks=False)
