"""`/api/v1/challenges`: something to solve before signing up, where SIGNUP_CHALLENGE is on."""

import json

from flask import Blueprint, Response
from pydantic import BaseModel, Field
from werkzeug.exceptions import NotFound

from webapp.api.json_answer import JsonAnswer
from webapp.desk import at_desk
from webapp.front.challenge import at_door

blueprint = Blueprint("api_challenges", __name__, url_prefix="/api/v1/challenges")


class Parameters(BaseModel):
    """Find a counter (big-endian, 32 bits) so that the key derived from nonce and counter begins with `keyPrefix`."""

    algorithm: str = Field(examples=["PBKDF2/SHA-256"])
    cost: int
    keyLength: int  # noqa: N815  # ALTCHA's own spelling, and what it has signed
    keyPrefix: str  # noqa: N815
    keySignature: str  # noqa: N815
    nonce: str
    salt: str
    expiresAt: int = Field(description="Seconds since 1970.")  # noqa: N815


class ChallengeBody(BaseModel):
    """ALTCHA's challenge, second version. `altcha` in a sign-up is the base64 of `{challenge, solution: {counter, derivedKey}}`."""

    parameters: Parameters
    signature: str


@blueprint.get("")
def show() -> Response:
    """200 with a new one each time; 404 where no challenge is asked for."""
    if not at_desk().settings.signup_challenge:
        raise NotFound("No challenge is asked for here.")
    return JsonAnswer(json.dumps(at_door().make()), 200, {})
