"""A fresh link to the preferences, mailed to the address on file: for whoever has any mail of ours, however old.

Asked for by a link to the preferences that may be too old, or by the one to unsubscribe, which is good for ever. Separate from
both, since neither may show what this leads to: mails are passed on, so the new link goes to the mailbox and never onto
a page. It must never owe anything on a GET, nor say whether a mail is really sent.
"""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from jobs.links import Links
from ledger.people import Person
from webapp.desk import at_desk
from webapp.front.client_address import client_of
from webapp.front.signup_limits import TooManyRequests, check_in
from webapp.pages.languages import link
from webapp.pages.personal import DeadLinkError, named, page, personal, remaining, there
from webapp.signup_request import SignupRequest

# Of its own, and not `unsubscribe`'s, which takes forms from other sites.
blueprint = personal("renewal")

_READ = {"preferences": Links.read_preferences_of_any_age, "unsubscribe": Links.read_unsubscribe}
ASKED = "asked"


@blueprint.get("/preferences/<token>/renewal", defaults={"by": "preferences"})
@blueprint.get("/unsubscribe/<token>/renewal", defaults={"by": "unsubscribe"})
def show(by: str, token: str) -> Response:
    """What follows from having pressed the button, or the button. 404 for a link that was not made here, 410 for somebody who was erased."""
    return _page(by, token, _owner(by, token), ASKED if request.args.get("done") == ASKED else "offered")


@blueprint.post("/preferences/<token>/renewal", defaults={"by": "preferences"})
@blueprint.post("/unsubscribe/<token>/renewal", defaults={"by": "unsubscribe"})
def send(by: str, token: str) -> AnyResponse:
    """303 to the page that says "if": the same whether the mail is owed or the mailbox has had its mail of the hour. 429 past the client's limit."""
    person = _owner(by, token)
    try:
        # Counted like a sign-up, so that no mailbox gets more by this door. The address is as it was taken, and not looked at again.
        with check_in(SignupRequest.model_construct(email=person.address), client_of(request)) as passage:
            known = passage.muted or at_desk().renew(person.id)
    except TooManyRequests as error:
        answer = _page(by, token, person, "too_often", code=429)
        answer.headers.update(error.told)
        return answer
    if not known:
        raise DeadLinkError.gone("erased", person.locale)
    return redirect(link(".show", by=by, token=token, done=ASKED), 303)


def _owner(by: str, token: str) -> Person:
    desk = at_desk()
    return remaining(there(desk.person(named(_READ[by](desk.links, token), by)), "erased"))


def _page(by: str, token: str, person: Person, standing: str, *, code: int = 200) -> Response:
    return page("renewal.html", person.locale, code=code, by=by, token=token, standing=standing)
