"""Leaving with one click, from a mail client's own button (RFC 8058) or from the page that the link opens.

Opening the link never unsubscribes: mail scanners open every link there is. It must never ask for a cookie, a token or a
login, nor answer with a redirect: a mail client has none of the one and follows none of the other (RFC 8058, 3.1, 3.2).
"""

from uuid import UUID

from flask import Response, request
from werkzeug.datastructures import MultiDict

from ledger.people import Person
from webapp.desk import at_desk
from webapp.pages.personal import DeadLinkError, named, page, personal, there

blueprint = personal("unsubscribe", from_anywhere=True)

# RFC 8058, 3.2: the one pair of the body, by which such a request is told from any other.
FIELD, VALUE = "List-Unsubscribe", "One-Click"


@blueprint.get("/unsubscribe/<token>")
def show(token: str) -> Response:
    """A page with one button. 404 for a link that was not made here, 410 where nobody is left to unsubscribe."""
    person = _recipient(_id_in(token))
    return _page("unsubscribed.html" if person.left_at else "unsubscribe.html", person, token)


@blueprint.post("/unsubscribe/<token>")
def leave(token: str) -> Response:
    """200 once they have left, or had before. 400, and nothing done, without the pair that RFC 8058 asks for."""
    subscriber_id = _id_in(token)
    person = _recipient(subscriber_id)
    if not _is_one_click(request.form):
        return _page("unsubscribe.html", person, token, code=400)
    if not at_desk().leave(subscriber_id):
        raise DeadLinkError.gone("unsubscribe", person.locale)
    return _page("unsubscribed.html", person, token)


def _id_in(token: str) -> UUID:
    return named(at_desk().links.read_unsubscribe(token), "unsubscribe")


def _recipient(subscriber_id: UUID) -> Person:
    return there(at_desk().person(subscriber_id), "unsubscribe")


def _page(template: str, person: Person, token: str, *, code: int = 200) -> Response:
    """Nothing of the person's is on it, and no link to their preferences: the one that led here is passed on with its mail."""
    return page(template, person.locale, code=code, token=token, offers_link=person.erasing_at is None)


def _is_one_click(sent: MultiDict[str, str]) -> bool:
    """Both encodings are Werkzeug's to read; a body in another, or a broken one, has no fields.

    Stripped because some end the body with a line break, which then belongs to the value.
    """
    return VALUE in {value.strip() for value in sent.getlist(FIELD)}
