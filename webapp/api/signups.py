"""`/api/v1/signups`: taking one, and saying how one stands."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from ledger import reading
from ledger.idempotency import Differs, InFlight, Replayed
from ledger.signups import Signup
from webapp.act import Act
from webapp.api.idempotency_key import KeyInFlightError, KeyReusedError, key_in, once
from webapp.api.json_answer import JsonAnswer
from webapp.api.json_body import read_json
from webapp.api.prefer import Preferences, preferences
from webapp.api.signup_body import FIRST_LOOK_S, as_it_stands, just_taken, retry_after
from webapp.api.validator import unless_known
from webapp.desk import at_desk
from webapp.errors import UnprocessableError
from webapp.front.challenge import require_solution
from webapp.front.client_address import client_of
from webapp.front.origins import allowed_origin
from webapp.front.signup_limits import check_in
from webapp.public_view import is_over
from webapp.signup_request import InvalidSignupError, SignupRequest, parse

PREFIX = "/api/v1/signups"

blueprint = Blueprint("api_signups", __name__, url_prefix=PREFIX)


@dataclass(slots=True)
class _Receipt:
    """What is known once a sign-up is on disk. `headers`: what else its answer carries."""

    id: UUID
    text: str
    headers: dict[str, str] = field(default_factory=dict)


@blueprint.post("")
def take() -> Response:
    """202 once the sign-up and its jobs are on disk, 200 where they are done within the time the caller waits; the same
    for an address that is known already.
    """
    wanted = _wanted()
    key = key_in(request.environ.get("HTTP_IDEMPOTENCY_KEY"))
    receipt = _take(wanted) if key is None else _take_once(wanted, key)
    # No `Vary: Prefer`: it is about caches, and no cache may keep the answer to a POST that says no-store.
    return _answer(receipt, preferences(request.environ.get("HTTP_PREFER")))


@blueprint.get("/<uuid:signup_id>")
def show(signup_id: UUID) -> Response:
    """200 with the same body as it stands now, 304 where the caller has it already, 404 where there is none."""
    with at_desk().session() as connection:
        signup = reading.signup(connection, signup_id)
    if signup is None:
        raise NotFound("There is no such sign-up.")
    return unless_known(as_it_stands(signup).model_dump_json(), retry_after(signup))


def _wanted() -> SignupRequest:
    try:
        return parse(read_json(request))
    except InvalidSignupError as error:
        raise UnprocessableError(error.errors) from None


def _take(wanted: SignupRequest) -> _Receipt:
    with ExitStack() as passing:
        act, headers = _admit(wanted, passing)
        signup = at_desk().take(wanted, act)
    return _Receipt(signup.id, _text(signup), dict(headers))


def _take_once(wanted: SignupRequest, key: str) -> _Receipt:
    """The same once for each key. Asked again it is answered again, whatever limit is reached by now."""
    desk = at_desk()
    told: dict[str, str] = {}
    with ExitStack() as passing:

        def admit() -> Act:
            act, headers = _admit(wanted, passing)
            told.update(headers)
            return act

        named = once(desk.repetitions, "api", key, wanted)
        outcome = desk.take_once(wanted, admit, key=named.key, fingerprint=named.fingerprint, answer=_text)
    match outcome:
        case InFlight():
            raise KeyInFlightError
        case Differs():
            raise KeyReusedError
        case Replayed():
            told["Idempotent-Replayed"] = "true"
    return _Receipt(outcome.signup_id, outcome.answer, told)


def _admit(wanted: SignupRequest, passing: ExitStack) -> tuple[Act, Mapping[str, str]]:
    """How it came in, and what its answer says of limits. Raises 422 without a solved challenge, 429 past the limit.

    `passing`: ends when it is recorded, or is known not to be; then what it used up is given back.
    """
    require_solution(wanted.altcha)
    client = client_of(request)
    passage = passing.enter_context(check_in(wanted, client))
    return Act("api", origin=allowed_origin(request), client=client, muted=passage.muted), passage.headers


def _text(signup: Signup) -> str:
    return just_taken(signup).model_dump_json()


def _answer(receipt: _Receipt, prefer: Preferences) -> Response:
    headers = {"Location": f"{PREFIX}/{receipt.id}", **receipt.headers}
    seen = at_desk().live.waiters.wait(receipt.id, prefer.wait) if prefer.wait else None
    if applied := prefer.applied(waited=seen is not None):
        headers["Preference-Applied"] = applied
    if seen is None:  # nobody waits for it, or there was no room to
        return JsonAnswer(receipt.text, 202, headers | {"Retry-After": str(FIRST_LOOK_S)})
    status = 200 if is_over(seen) else 202
    return JsonAnswer(as_it_stands(seen).model_dump_json(), status, headers | retry_after(seen))
