"""A small piece of work for whoever signs up, where SIGNUP_CHALLENGE is on: nothing to a person, a bill to a crowd of bots.

ALTCHA's proof of work: find the counter whose derived key begins as asked. The server makes one derivation for each
challenge and none to check it. Separate because form and API ask for the same. It must never be solved twice over: see
`ledger.challenges`.
"""

import hmac
import json
import secrets
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from altcha import create_challenge, verify_solution

from ledger import challenges
from webapp.desk import at_desk
from webapp.errors import UnprocessableError
from webapp.field_errors import FieldError
from webapp.fixture import Fixture
from webapp.keys import derived
from webapp.signup_request import MAX_SOLUTION

ALGORITHM = "PBKDF2/SHA-256"  # what browsers do natively, so that a bot's own code is hardly faster than a visitor's
COST = 1_000  # rounds of each derivation; the server makes one for each challenge, in a quarter of a millisecond
# Derivations until it is found. Chromium makes some 4,000 a second on two cores of a server, a phone a quarter of that: so a
# tenth of a second there, less than half a second here, and never more than half as much again. By chance alone it would be a multiple at times.
FEWEST, MOST = 200, 600
LIFETIME_S = 20 * 60

MISSING = "Solve a challenge first: GET /api/v1/challenges says which."
WRONG = "This is no solution of a challenge of ours."
EXPIRED = "This challenge is too old. Solve a new one."
SPENT = "This solution was used before. Solve a new challenge."


@dataclass(frozen=True, slots=True)
class Challenges:
    """`secret`: signs challenges; `now`: seconds since 1970."""

    secret: bytes
    now: Callable[[], float] = time.time

    def make(self) -> dict[str, Any]:
        """A challenge as ALTCHA's second version writes it, ready to be sent."""
        made = create_challenge(
            ALGORITHM,
            COST,
            counter=FEWEST + secrets.randbelow(MOST - FEWEST),
            expires_at=int(self.now()) + LIFETIME_S,
            hmac_secret=self.secret,
            hmac_key_secret=self._key_secret(),
        )
        return dict(made.to_dict())

    def read(self, solution: str) -> tuple[bytes, datetime] | str:
        """What is spent by this solution and until when it counts; else a sentence that says what is wrong with it."""
        if len(solution) > MAX_SOLUTION or not solution.isascii():
            return WRONG
        found = verify_solution(solution, self.secret, hmac_key_secret=self._key_secret())
        if found.expired:
            return EXPIRED
        if not found.verified:
            return WRONG
        challenge = json.loads(b64decode(solution))["challenge"]  # it is ours, so it has all of this
        expires_at = datetime.fromtimestamp(challenge["parameters"]["expiresAt"], UTC)
        return sha256(challenge["signature"].encode()).digest(), expires_at

    def _key_secret(self) -> bytes:
        return hmac.digest(self.secret, b"derived key", sha256)


_FIXTURE = Fixture("usher.challenges", Challenges, lambda: Challenges(derived(at_desk().settings, "challenges")))


def require_solution(solution: str | None) -> None:
    """Spend the solution. Raises `UnprocessableError` (422, `#/altcha`) where there is none, or none that counts.

    Where SIGNUP_CHALLENGE is off, whatever was sent is let be.
    """
    desk = at_desk()
    if not desk.settings.signup_challenge:
        return
    if not solution:
        raise _refusal(MISSING)
    match at_door().read(solution):
        case str(wrong):
            raise _refusal(wrong)
        case digest, expires_at:
            with desk.session() as connection:
                first = challenges.spend(connection, digest, expires_at)
            if not first:
                raise _refusal(SPENT)


def at_door() -> Challenges:
    """Those of the application that is answering right now."""
    return _FIXTURE.at_hand()


def _refusal(detail: str) -> UnprocessableError:
    return UnprocessableError((FieldError(pointer="#/altcha", detail=detail),))
