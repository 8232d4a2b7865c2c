"""What a person gets from us, in which language and at which address; and leaving altogether. By a link of their own.

The link is the secret, so nothing here asks for a login, a cookie or a token. It must never change anything on a GET, nor
tell whether an address that somebody enters is known.
"""

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from jobs.translation import find, known_languages, sentence
from ledger.people import Person
from webapp.act import Act
from webapp.desk import at_desk
from webapp.front.client_address import client_of
from webapp.front.signup_limits import TooManyRequests, check_in
from webapp.pages.languages import link
from webapp.pages.personal import DeadLinkError, language_for, page, personal, present
from webapp.pages.preferences_form import PreferencesForm
from webapp.rules.complaint import Complaint
from webapp.rules.email_address import normal_address
from webapp.signup_request import SignupRequest

blueprint = personal("preferences")

CONSENT = sentence("Send me the newsletter. I can leave at any time.")
NEW_ADDRESS = sentence(
    "We send a mail to the new address. Nothing changes before you have pressed the button that it leads to."
)
_SAME_ADDRESS = sentence("This is the address we have already.")
_DONE = frozenset({"saved", "asked", "left"})  # what the page may say it has done


@blueprint.get("/preferences/<token>")
def show(token: str) -> Response:
    """The preferences as they stand. 404 for a link that is no good, 410 for somebody who was erased."""
    person = present(token)
    done = request.args.get("done", "")
    true = done in _DONE and (done != "left" or person.left_at is not None)
    return _page(token, person, _form_of(person), notice=done if true else "")


@blueprint.post("/preferences/<token>")
def save(token: str) -> AnyResponse:
    """303 once they are saved. 409 where the person has left or come back since the page was made; 422 for no language of ours."""
    person = present(token)
    form = _form_of(person).sent(request.form)
    if form.language not in {language.tag for language in known_languages()}:
        return _page(token, person, form, notice="incomplete", code=422)
    if request.form.get("standing") != form.standing:
        return _page(token, person, _form_of(person), notice="changed", code=409)
    known = at_desk().prefer(
        person.id,
        locale=person.locale if _is_their_own(form.language, person) else form.language,
        newsletter=form.newsletter,
        email=form.email,
        client=client_of(request),
        shown=_shown(person, CONSENT),
    )
    if not known:
        raise DeadLinkError.gone("erased", person.locale)
    # Not by `link`: the page is to be in the language that was saved, and not in one that was chosen at its foot before.
    return redirect(url_for(".show", token=token, done="saved"), 303)


@blueprint.post("/preferences/<token>/address")
def readdress(token: str) -> AnyResponse:
    """303 once the new address is owed a mail; the answer is the same for every address. 422 for what is none; 429."""
    person = present(token)
    typed = request.form.get("address", "")
    try:
        address = _another_than(person.address, typed)
    except Complaint as error:
        wrong = error.said_in(language_for(person.locale))
        return _page(token, person, _form_of(person).typed(typed, wrong), code=422)
    client = client_of(request)
    try:
        with check_in(SignupRequest(email=address), client) as passage:
            act = Act("preferences", shown=_shown(person, NEW_ADDRESS), client=client, muted=passage.muted)
            at_desk().readdress(person.id, address, act=act)
    except TooManyRequests as error:
        return _too_often(token, person, typed, error)
    return _done(token, "asked")


@blueprint.get("/preferences/<token>/address")
@blueprint.get("/preferences/<token>/departure")
def back(token: str) -> AnyResponse:
    """To the page whose forms are sent there, for whoever loads the answer to one again."""
    return redirect(link(".show", token=token), 303)


@blueprint.post("/preferences/<token>/departure")
def leave(token: str) -> AnyResponse:
    """303 once they have left. Leaving twice is leaving once."""
    at_desk().leave(present(token).id)
    return _done(token, "left")


def _another_than(present_address: str, typed: str) -> str:
    address = normal_address(typed)
    if address == present_address:
        raise Complaint(_SAME_ADDRESS)
    return address


def _form_of(person: Person) -> PreferencesForm:
    return PreferencesForm.of(person, (find(person.locale or "") or language_for(None)).tag)


def _is_their_own(language: str, person: Person) -> bool:
    """Whether it is the one they have already: `de` for somebody with `de-AT`, who keeps that then."""
    own = find(person.locale or "")
    return own is not None and own.tag == language


def _page(token: str, person: Person, form: PreferencesForm, *, notice: str = "", code: int = 200) -> Response:
    return page(
        "preferences.html",
        person.locale,
        code=code,
        token=token,
        person=person,
        form=form,
        notice=notice,
        consent=_shown(person, CONSENT),
        new_address=_shown(person, NEW_ADDRESS),
    )


def _shown(person: Person, text: str) -> str:
    """The words as they stand on the page, which are those that are recorded."""
    return language_for(person.locale).gettext(text)


def _too_often(token: str, person: Person, typed: str, error: TooManyRequests) -> Response:
    answer = _page(token, person, _form_of(person).typed(typed, ""), notice="too_often", code=429)
    answer.headers.update(error.told)
    return answer


def _done(token: str, what: str) -> AnyResponse:
    return redirect(link(".show", token=token, done=what), 303)
