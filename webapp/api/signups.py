"""`/api/v1/signups`: taking one, and saying how one stands."""

from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from ledger import reading
from webapp.api.json_answer import JsonAnswer
from webapp.api.json_body import read_json
from webapp.api.signup_body import FIRST_LOOK_S, SignupBody, as_it_stands, just_taken, retry_after
from webapp.desk import at_desk
from webapp.errors import UnprocessableError
from webapp.signup_request import InvalidSignupError, parse

blueprint = Blueprint("api_signups", __name__, url_prefix="/api/v1/signups")


@blueprint.post("")
def take() -> Response:
    """202 once the sign-up and its jobs are on disk; the same for an address that is known already."""
    try:
        wanted = parse(read_json(request))
    except InvalidSignupError as error:
        raise UnprocessableError(error.errors) from None
    body = just_taken(at_desk().take(wanted))
    return _answer(body, 202, {"Location": body.links.self, "Retry-After": str(FIRST_LOOK_S)})


@blueprint.get("/<uuid:signup_id>")
def show(signup_id: UUID) -> Response:
    """200 with the same body as it stands now, 404 where there is none."""
    with at_desk().session() as connection:
        signup = reading.signup(connection, signup_id)
    if signup is None:
        raise NotFound("There is no such sign-up.")
    return _answer(as_it_stands(signup), 200, retry_after(signup))


def _answer(body: SignupBody, status: int, headers: dict[str, str]) -> Response:
    return JsonAnswer(body.model_dump_json(), status, headers)
