"""Which language a page is in, and the switch at its foot. No cookie remembers it: it travels in the address or the form.

Separate because every page needs it, the error pages too. It must never read a form by itself: a body that is too large
would be refused a second time while the page that says so is being made.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response, after_this_request, g, has_request_context, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.globals import app_ctx
from werkzeug.exceptions import HTTPException

from jobs.translation import SOURCE, Translation, find, for_locale, known_languages, negotiate

FIELD = "locale"  # of the form, and of the address


def install(state: BlueprintSetupState) -> None:
    """Teach the application's templates `_()`, `{% trans %}` and the switch."""
    environment = state.app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        lambda text: current().gettext(text),
        lambda one, many, number: current().ngettext(one, many, number),
        newstyle=True,
    )
    state.app.context_processor(_for_templates)


def current() -> Translation:
    """The language of the page that is being made: chosen by address or form, or the best for the browser."""
    if not has_request_context():
        return for_locale(SOURCE)
    if "translation" not in g:
        g.translation = find(request.args.get(FIELD, "")) or negotiated()
    spoken = g.translation
    assert isinstance(spoken, Translation)
    return spoken


def negotiated() -> Translation:
    """The best of ours for the browser that asks."""
    return negotiate(request.headers.get("Accept-Language", ""))


def speak(tag: str | None) -> None:
    """Make the page in the language of `tag` from here on, where it is one of ours."""
    if tag and (found := find(tag)):
        g.translation = found


def link(endpoint: str, **values: Any) -> str:
    """`url_for`, but that a language which was chosen stays chosen."""
    if current() != negotiated():
        values.setdefault(FIELD, current().tag)
    return url_for(endpoint, **values)


def _for_templates() -> dict[str, Any]:
    if not has_request_context():
        return {}
    after_this_request(_label(current()))
    return {"translation": current(), "page_languages": known_languages(), "link": link, "in_language": _switch}


def _switch(language: Translation) -> str:
    """The address of this page in another language; of the form, where this one is the answer to a form."""
    if not _can_be_fetched():
        return url_for("pages.form", locale=language.tag)
    kept = {**request.args.to_dict(), FIELD: language.tag}
    return "?" + urlencode(kept)  # relative: whatever the path is, it cannot lead to another site


def _can_be_fetched() -> bool:
    if request.method in {"GET", "HEAD"}:
        return True
    adapter = app_ctx.app.create_url_adapter(request)
    try:
        return adapter is not None and bool(adapter.match(method="GET"))
    except HTTPException:  # there is nothing there to fetch
        return False


def _label(translation: Translation) -> Callable[[Response], Response]:
    def label(response: Response) -> Response:
        response.content_language.add(translation.tag)
        response.vary.add("Accept-Language")
        return response

    return label
