"""The pages for visitors: the form, its answer, and the status of one sign-up. All of it works without JavaScript.

It must never show on a page what the ledger knows of a person: what stands in a field is what was typed a moment ago.
"""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # Flask-WTF ships no types
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from ledger import reading
from webapp import problem
from webapp.api.signup_body import links
from webapp.desk import at_desk
from webapp.errors import OUTAGE, TRY_AGAIN_S, UnprocessableError, for_people, note_outage
from webapp.pages import wording
from webapp.pages.signup_form import SignupForm
from webapp.public_view import ask_again_in, status_of
from webapp.signup_request import InvalidSignupError, parse

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def form() -> Response:
    """The form, empty."""
    return _form(SignupForm(), 200)


@blueprint.post("/signups")
def take() -> AnyResponse:
    """303 to the status page once the sign-up is on disk; else the form again with what was typed."""
    try:
        signup = at_desk().take(parse(SignupForm.fields_of(request.form)))
    except InvalidSignupError as error:
        if not for_people():
            raise UnprocessableError(error.errors) from None
        return _form(SignupForm.typed(request.form, error.errors), 422)
    except OUTAGE as error:
        if not for_people():
            raise
        note_outage(error)
        return _form_in_outage()
    return redirect(url_for("pages.status", signup_id=signup.id), 303)


@blueprint.get("/signups/<uuid:signup_id>")
def status(signup_id: UUID) -> Response:
    """How a sign-up stands, in words; refreshes itself, with growing pauses, until nothing more will happen."""
    with at_desk().session() as connection:
        signup = reading.signup(connection, signup_id)
    if signup is None:
        raise NotFound("There is no such sign-up.")
    page = render_template(
        "status.html",
        status=status_of(signup.jobs),
        summaries=wording.SUMMARIES,
        lines=wording.lines_of(signup.jobs),
        source=links(signup.id).self,
        refresh=ask_again_in(signup.jobs, since=signup.created_at, now=datetime.now(UTC)),
    )
    return make_response(page)


@blueprint.errorhandler(CSRFError)
def stale(_error: CSRFError) -> Response:
    """The form was open for too long, or its cookie is missing: the form again with what was typed, and a fresh token."""
    if not for_people():
        return problem.answer(400, "The form is too old or incomplete. Load it again.")
    sentence = "This form was open for too long, or your browser keeps no cookies. Please send it again."
    return _form(SignupForm.typed(request.form, (), notice=sentence), 400)


def _form_in_outage() -> Response:
    sentence = "We could not save your sign-up just now. Please send it again in a moment."
    answer = _form(SignupForm.typed(request.form, (), notice=sentence), 503)
    answer.headers["Retry-After"] = str(TRY_AGAIN_S)
    return answer


def _form(filled: SignupForm, code: int) -> Response:
    return make_response(render_template("signup_form.html", form=filled), code)
