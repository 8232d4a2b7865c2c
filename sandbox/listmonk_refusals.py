"""How listmonk says no: in its words, and at the door that every route of it is behind.

Separate because what a route does and how it is refused are read, and compared with listmonk's source, one at a time. It must
never be kinder than listmonk is: 403 and not 401, and 500 for what somebody else would call a bad request.
"""

import base64
import binascii
from functools import lru_cache

from aiohttp import web

from sandbox.answer import Answer, json_answer
from sandbox.http_provider import Call
from sandbox.modes import Mode
from sandbox.record import BadInputError

BAD_CREDENTIALS = json_answer(403, {"message": "invalid API credentials"})
UNKNOWN_ENDPOINT = json_answer(404, {"message": "404 unknown endpoint"})
KNOWN_ADDRESS = json_answer(409, {"message": "E-mail already exists."})

NO_CONNECTION = "pq: could not connect to server: Connection refused"
DUPLICATE = 'pq: duplicate key value violates unique constraint "subscribers_email_key"'
UNKNOWN_ID = 'pq: insert or update on table "subscriber_lists" violates foreign key constraint'
UNKNOWN_STATUS = "pq: invalid input value for enum subscription_status"


def failed(doing: str, error: str) -> Answer:
    """500 with what its database said."""
    return json_answer(500, {"message": f"Error {doing}: {error}"})


def refusal(mode: Mode, doing: str, retry_after_s: int) -> Answer:
    """What it says in the modes error, rate_limited and unauthorized."""
    if mode is Mode.UNAUTHORIZED:
        return BAD_CREDENTIALS
    if mode is Mode.RATE_LIMITED:
        return json_answer(429, {"message": "too many requests"}, {"Retry-After": str(retry_after_s)})
    return failed(doing, NO_CONNECTION)


def checked(call: Call) -> Call:
    """`call` behind what listmonk checks for every route: credentials before it, bad input after."""

    def check(request: web.Request, body: bytes) -> Answer:
        if not has_credentials(request.headers.get("Authorization", "")):
            return BAD_CREDENTIALS
        try:
            return call(request, body)
        except BadInputError as fault:
            return json_answer(400, {"message": str(fault)})

    return check


@lru_cache(maxsize=64)
def has_credentials(authorization: str) -> bool:
    """Whether the header is `token USER:TOKEN` or Basic with a user in it: any user will do."""
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "token":
        user, colon, token = rest.strip().partition(":")
        return bool(user and colon and token)
    if scheme.lower() == "basic":
        try:
            return b":" in base64.b64decode(rest.strip(), validate=True)
        except binascii.Error:
            return False
    return False
