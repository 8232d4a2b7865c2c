"""The pages behind a link that one person got by mail: their language, what each of them must carry, and dead links.

Separate so that no such page can forget any of it. It must never set a cookie, be listed by a search engine, or say of
a link that was made up anything it does not say of every other.
"""

from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import Gone, HTTPException, NotFound

from jobs.translation import Translation, find
from ledger.people import Person
from webapp import problem
from webapp.desk import at_desk
from webapp.errors import for_people
from webapp.pages.languages import FIELD, current, speak
from webapp.pages.other_sites import refuse_other_sites

Found = TypeVar("Found")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1


class DeadLinkError(Exception):
    """The link does nothing. `about`: what it was for; `locale`: the language of whoever it belonged to, where that is known.

    `renewable`: the token, where a new link can be had for it.
    """

    def __init__(
        self, about: str, fault: type[HTTPException], locale: str | None = None, renewable: str | None = None
    ) -> None:
        super().__init__(f"a dead link: {about}")
        self.about = about
        self.fault = fault
        self.locale = locale
        self.renewable = renewable

    @classmethod
    def unknown(cls, about: str) -> "DeadLinkError":
        """404: made up, damaged, for something else, or to a confirmation that is too late. Which of these is nobody's business."""
        return cls(about, NotFound)

    @classmethod
    def outdated(cls, token: str, locale: str | None) -> "DeadLinkError":
        """410 as well: a link to the preferences that was good, to somebody who is here. Its page offers them a new one."""
        return cls("preferences", Gone, locale, renewable=token)

    @classmethod
    def gone(cls, about: str, locale: str | None = None) -> "DeadLinkError":
        """410: it was good, and there is nothing behind it any more."""
        return cls(about, Gone, locale)


def personal(name: str, *, from_anywhere: bool = False) -> Blueprint:
    """A blueprint for such pages. Forms sent by other sites are refused with 403, unless they may come `from_anywhere`."""
    blueprint = Blueprint(name, __name__)
    if not from_anywhere:
        blueprint.before_request(_from_here)
    blueprint.after_request(_unlisted)
    blueprint.register_error_handler(DeadLinkError, _dead)
    return blueprint


def page(template: str, locale: str | None, *, code: int = 200, **values: Any) -> Response:
    """One of `templates/people`, in the language of whoever it is for."""
    speak(language_for(locale).tag)
    return make_response(render_template(f"people/{template}", **values), code)


def language_for(locale: str | None) -> Translation:
    """The language of such a page: the one chosen at its foot; else the person's; else the best for their browser."""
    return find(request.args.get(FIELD, "")) or find(locale or "") or current()


def named(found: UUID | None, about: str) -> UUID:
    """What a token names. Raises `DeadLinkError` (404) where it names nothing."""
    if found is None:
        raise DeadLinkError.unknown(about)
    return found


def there(found: Found | None, about: str) -> Found:
    """What a good link leads to. Raises `DeadLinkError` (410) where that is gone."""
    if found is None:
        raise DeadLinkError.gone(about)
    return found


def holder(token: str) -> Person:
    """Whose link to the preferences this is. Raises `DeadLinkError`."""
    links = at_desk().links
    subscriber_id = named(links.read_preferences_of_any_age(token), "preferences")
    person = there(at_desk().person(subscriber_id), "erased")
    if links.read_preferences(token) is None:
        raise DeadLinkError.outdated(token, remaining(person).locale)
    return person


def present(token: str) -> Person:
    """The same, of somebody who is not being erased. Raises `DeadLinkError`."""
    return remaining(holder(token))


def remaining(person: Person) -> Person:
    """The person, who is not being erased. Raises `DeadLinkError` (410) where they are."""
    if person.erasing_at:
        raise DeadLinkError.gone("erased", person.locale)
    return person


def _from_here() -> None:
    if request.method not in _SAFE:
        refuse_other_sites(request, at_desk().settings.public_url)


def _unlisted(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _dead(error: DeadLinkError) -> Response:
    code = error.fault.code
    assert code is not None
    if not for_people():
        return problem.answer(code, "There is nothing behind this link, or not any more.")
    if error.renewable is not None:
        return page("renewal.html", error.locale, code=code, standing="outdated", by=error.about, token=error.renewable)
    return page("dead_link.html", error.locale, code=code, about=error.about)
