"""The pages for visitors: the form, its answer, and the status of one sign-up. All of it works without JavaScript.

It must never show on a page what the ledger knows of a person: what stands in a field is what was typed a moment ago.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # Flask-WTF ships no types
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from jobs.translation import sentence
from ledger import reading
from webapp import problem
from webapp.desk import at_desk
from webapp.errors import OUTAGE, TRY_AGAIN_S, UnprocessableError, for_people, note_outage
from webapp.field_errors import FieldError
from webapp.front.signup_limits import TooManyRequests
from webapp.pages import embedding, languages, status, traps, wording
from webapp.pages.signup_form import SignupForm
from webapp.pages.taking import record
from webapp.signup_request import InvalidSignupError, parse

blueprint = Blueprint("pages", __name__)

_STALE = sentence("This form was open for too long, or your browser keeps no cookies. Please send it again.")
_ONCE_MORE = sentence("Please press the button once more, so that we know that you are not a program.")
_TOO_OFTEN = sentence("You have signed up very often from where you are. Please try again {when}.")
_NOT_SAVED = sentence("We could not save your sign-up just now. Please send it again in a moment.")


@blueprint.get("/")
def form() -> Response:
    """The form, empty."""
    return _form(SignupForm(), 200)


@blueprint.post("/signups")
def take() -> AnyResponse:
    """303 to the status page once the sign-up is on disk; else the form again with what was typed."""
    languages.speak(request.form.get(languages.FIELD))
    origin = embedding.site_of(request, at_desk().settings)
    try:
        wanted = parse({languages.FIELD: languages.current().tag, **SignupForm.fields_of(request.form)})
        if traps.at_door().catch(request.form, timed=origin is None):
            return _again(_ONCE_MORE, 422)
        signup_id = record(wanted, origin)
    except (InvalidSignupError, UnprocessableError) as error:
        return _to_be_mended(error.errors)
    except TooManyRequests as error:
        return _too_often(error)
    except OUTAGE as error:
        if not for_people():
            raise
        note_outage(error)
        return _again(_NOT_SAVED, 503, {"Retry-After": str(TRY_AGAIN_S)})
    return redirect(languages.link("pages.status", signup_id=signup_id), 303)


@blueprint.get("/signups/<uuid:signup_id>", endpoint="status")
def show_status(signup_id: UUID) -> Response:
    """How a sign-up stands. 404 where there is none."""
    with at_desk().session() as connection:
        signup = reading.signup(connection, signup_id)
    if signup is None:
        raise NotFound("There is no such sign-up.")
    return status.page(signup)


@blueprint.get("/embed")
def embed() -> Response:
    """How to put the form on another site."""
    return embedding.guide(at_desk().settings)


@blueprint.errorhandler(CSRFError)
def stale(_error: CSRFError) -> Response:
    """The form was open for too long, or its cookie is missing: the form again with what was typed, and a fresh token."""
    return _again(_STALE, 400)


@blueprint.errorhandler(Forbidden)
def from_elsewhere(_error: Forbidden) -> Response:
    """The form of another site, which nobody has allowed."""
    if not for_people():
        return problem.answer(403, "Forms of that site are not taken here: its origin is not allowed.")
    return embedding.refusal()


@blueprint.record_once
def install(state: BlueprintSetupState) -> None:
    """What these pages ask of the application, languages and traps; and that `take` looks at the token itself."""
    languages.install(state)
    traps.install(state)
    state.app.extensions["csrf"].exempt(take)


def _to_be_mended(errors: Sequence[FieldError]) -> Response:
    if not for_people():
        raise UnprocessableError(tuple(errors))
    return _form(SignupForm.typed(request.form, errors, translation=languages.current()), 422)


def _too_often(error: TooManyRequests) -> Response:
    if not for_people():
        raise error
    language = languages.current()
    notice = language.gettext(_TOO_OFTEN).format(when=wording.wait(error.seconds, language))
    return _again(notice, 429, error.told)


def _again(notice: str, code: int, headers: Mapping[str, str] | None = None) -> Response:
    """The form with what was typed, and a sentence above it; a problem with that sentence for a program."""
    if for_people():
        language = languages.current()
        answer = _form(SignupForm.typed(request.form, notice=language.gettext(notice), translation=language), code)
    else:
        answer = problem.answer(code, notice)
    answer.headers.update(headers or {})
    return answer


def _form(filled: SignupForm, code: int) -> Response:
    settings = at_desk().settings
    page = render_template(
        "signup_form.html",
        form=filled,
        stamp=traps.at_door().stamp(ripe=request.method == "POST"),
        lure=traps.LURE,
        consent=wording.consent(languages.current(), asks=settings.double_opt_in),
        challenge=settings.signup_challenge,
    )
    return make_response(page, code)
