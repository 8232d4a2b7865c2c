"""The limits at the door, the same for the form and the API: one call, before a sign-up is recorded.

Too many from one client are refused, and say so. Too many to one mailbox or one domain are answered as always, and nothing
is sent: whoever asks cannot learn that anybody asked before, and whoever's address it is stays signed up by their own try.
A sign-up that is refused uses up nobody's mails. It must never say more than how often the client itself may come.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, Self

import psycopg
from flask import request as http_request
from psycopg.errors import QueryCanceled
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import TooManyRequests as Http429

from ledger.limits import Verdict
from webapp.desk import at_desk
from webapp.fixture import Fixture
from webapp.front.client_address import is_unheard
from webapp.front.limiter import Limiter
from webapp.front.rate_headers import policy, standing
from webapp.keys import derived
from webapp.signup_request import SignupRequest

_HUNG_UP = ("08", "57")  # classes of SQLSTATE: the connection broke, the server went away


@dataclass(frozen=True, slots=True)
class Passage:
    """May pass. `muted`: nothing of it may be sent. `headers`: for the answer, the same whether muted or not.

    As a context around recording the sign-up: where the ledger refuses that for certain, the one mail of the hour that was
    counted is given back, so that the person's next try is not the one that is muted. Where nobody knows whether it was
    recorded it stays counted: else a slow ledger would let a stranger have mail upon mail.
    """

    muted: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    unused: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.unused is not None and error is not None and _is_certain(error):
            self.unused()


FREE = Passage()


class TooManyRequests(Http429):
    """429: this client has signed up too often. `seconds` until one more is taken; `told`: the headers that say so."""

    def __init__(self, verdict: Verdict, headers: Mapping[str, str]) -> None:
        self.seconds = max(1, ceil(verdict.next_in))
        super().__init__(
            f"Too many sign-ups have come from your address. Please try again in {self.seconds} seconds.",
            retry_after=self.seconds,
        )
        self.told = {"Retry-After": str(self.seconds), **headers}
        self._standing = headers

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """Werkzeug's, which has Retry-After among them, and the client's standing."""
        return [*super().get_headers(*args, **kwargs), *self._standing.items()]


def check_in(request: SignupRequest, client: str | None) -> Passage:
    """Count the sign-up. `client`: an IP address, None where there is none to count by.

    Raises `TooManyRequests`. Where SIGNUP_LIMITS is off there is nothing to ask and nothing to say.
    """
    limiter = at_door()
    if limiter is None:
        return FREE
    verdict = limiter.judge(request.email, client)
    headers = {} if client is None else policy(limiter.limits.client)
    if verdict is None:  # what the ledger does not say, this process knows of its own mails
        if not limiter.may_write(request.email, judged=False):
            return Passage(muted=True, headers=headers)
        return Passage(headers=headers, unused=partial(limiter.take_back, request.email))
    if client is not None:
        headers |= standing(verdict)
    if verdict.beyond == "client":
        if is_unheard(http_request):
            limiter.suspect_proxy()
        raise TooManyRequests(verdict, headers)
    if verdict.beyond or not limiter.may_write(request.email, judged=True):
        return Passage(muted=True, headers=headers)
    return Passage(headers=headers, unused=partial(limiter.give_back, request.email))


def _is_certain(error: BaseException) -> bool:
    """Whether nothing was recorded: no session could be had, or the ledger itself has said no."""
    if isinstance(error, PoolTimeout | QueryCanceled | HTTPException):
        return True
    return isinstance(error, psycopg.Error) and bool(error.sqlstate) and str(error.sqlstate)[:2] not in _HUNG_UP


def at_door() -> Limiter | None:
    """The limits of the application that is answering right now, made at their first use; None where they are off."""
    return None if at_desk().settings.signup_limits is None else _FIXTURE.at_hand()


def _make() -> Limiter:
    desk = at_desk()
    assert desk.settings.signup_limits is not None
    return Limiter(desk.settings.signup_limits, derived(desk.settings, "limits"), desk.session)


_FIXTURE = Fixture("usher.limits", Limiter, _make)
put_in = _FIXTURE.put_in
