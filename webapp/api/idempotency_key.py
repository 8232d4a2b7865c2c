"""The `Idempotency-Key` of a request, and what the ledger is to know it by.

Separate because a key comes from a stranger and may be anything: an order's number, or a name. It must never be
stored, logged or answered as it was sent.
"""

import re
from dataclasses import dataclass

from werkzeug.exceptions import BadRequest

from webapp.errors import ProblemError
from webapp.keys import Mac
from webapp.problem import KEY_IN_FLIGHT, KEY_REUSED
from webapp.signup_request import SignupRequest

HEADER = "Idempotency-Key"
MOST = 255  # characters

_BARE = re.compile(rf"[\x21\x23-\x7e][\x21-\x7e]{{0,{MOST - 1}}}")
_QUOTED = re.compile(rf'"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){{1,{MOST}}})"')  # RFC 9651, 3.3.3, without spaces
_ESCAPED = re.compile(r"\\(.)")


NOT_THE_REQUEST = frozenset({"altcha"})
"""A solved challenge is what lets a request in and not what it asks for: repeated with a fresh one, it is the same."""


class KeyInFlightError(ProblemError):
    """409: the first request with this key has not been answered yet."""

    code = 409
    problem = KEY_IN_FLIGHT
    description = "A request with this key is being answered at this moment. Ask again in a second."
    headers = (("Retry-After", "1"),)


class KeyReusedError(ProblemError):
    """422: the key belongs to a request that asked for something else."""

    code = 422
    problem = KEY_REUSED
    description = "This key was used for a request with another content. Take a new key for each request."


@dataclass(frozen=True, slots=True)
class Once:
    """Two HMACs: `key` is the same for the same key, `fingerprint` for the same request, however it was spelled."""

    key: bytes
    fingerprint: bytes


def key_in(sent: str | None) -> str | None:
    """The key in the header's value, quoted (a structured field) or bare; None without one. Raises 400 for what is none."""
    if sent is None:
        return None
    if found := _QUOTED.fullmatch(sent.strip()):
        return _ESCAPED.sub(r"\1", found[1])
    if _BARE.fullmatch(sent.strip()):
        return sent.strip()
    raise BadRequest(f"The {HEADER} must be 1 to {MOST} visible ASCII characters, best in double quotes.")


def once(mac: Mac, door: str, key: str, wanted: SignupRequest) -> Once:
    """What the ledger knows them by. `door`: the same key at another door is another key."""
    request = wanted.model_dump_json(include=set(SignupRequest.model_fields) - NOT_THE_REQUEST)
    return Once(mac.of(f"key {door}\n{key}"), mac.of(f"request {door}\n{request}"))
