"""Erasing everything, and the copy of everything: what the law gives a person (GDPR, articles 15, 17 and 20).

Both by the link to the preferences. It must never erase on a GET, nor hand out anything about anybody else.
"""

import json
from datetime import datetime

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from webapp.desk import at_desk
from webapp.pages.languages import link, speak
from webapp.pages.personal import DeadLinkError, holder, language_for, page, personal, present

blueprint = personal("erasure")

FILE = "what-we-know-about-you.json"


@blueprint.get("/preferences/<token>/export")
def export(token: str) -> Response:
    """A JSON file with everything that is known. 404 and 410 as for the preferences."""
    known = at_desk().export(present(token).id)
    text = json.dumps(known, indent=2, ensure_ascii=False, default=_plain)
    answer = Response(f"{text}\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE}"'
    return answer


@blueprint.get("/preferences/<token>/erasure")
def show(token: str) -> Response:
    """What would happen, with the button; while it happens, that it does; 410 when it has."""
    person = holder(token)
    template = "erasing.html" if person.erasing_at else "erasure.html"
    return page(template, person.locale, person=person, token=token)


@blueprint.post("/preferences/<token>/erasure")
def erase(token: str) -> AnyResponse:
    """303 to the page that says that it is under way. Asked for twice it is done once."""
    person = holder(token)
    speak(language_for(person.locale).tag)  # it is about to be forgotten, and the next page is to be in it still
    if not at_desk().erase(person.id):
        raise DeadLinkError.gone("erased", person.locale)
    return redirect(link(".show", token=token), 303)


def _plain(value: object) -> str:
    """Times as RFC 3339 has them, ids as they are written."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
