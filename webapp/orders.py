"""Sign-ups as the ledger takes them: what was asked for, how it came in, and what is owed for it.

Separate from the desk, which has them written: here nothing waits and nothing can fail. It must never ask the ledger who the person
is: what is owed where they have left is part of every order, and the ledger's to decide.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from jobs.facts import ConfirmationAsked, SignupCompleted
from jobs.owing import owe
from jobs.registry import Kinds
from ledger.owed import Owed
from ledger.signups import Wanted
from webapp.act import Act
from webapp.signup_request import SignupRequest

LOCALES = 64  # languages whose jobs-to-be are kept at hand


class Orders:
    """`asks`: whether a sign-up has to be confirmed first. `digest`: an address as the suppression list keeps it."""

    def __init__(self, kinds: Kinds, *, asks: bool, digest: Callable[[str], bytes]) -> None:
        self._kinds = kinds
        self._asks = asks
        self._digest = digest
        self._owed_for = lru_cache(maxsize=2 * LOCALES)(self._owe)
        self._to_ask = {muted: owe(ConfirmationAsked(), kinds, muted=muted) for muted in (False, True)}

    def signup(self, request: SignupRequest, act: Act) -> Wanted:
        """A sign-up, and what is owed besides where the person has left."""
        question = self._to_ask[act.muted]
        return Wanted(
            fact=ConfirmationAsked.NAME if self._asks else SignupCompleted.NAME,
            address=request.email,
            name=request.name,
            locale=request.locale,
            owed=question if self._asks else self._owed_for(request.locale, act.muted),
            to_ask=() if self._asks else question,
            digest=self._digest(request.email),
            asks=self._asks,
            door=act.door,
            shown=act.shown,
            origin=act.origin,
            client=act.client,
        )

    def question(self, request: SignupRequest, act: Act, *, replaces: UUID) -> Wanted:
        """A sign-up that owes nothing but the question whether the address is theirs who are known by another so far."""
        return replace(
            self.signup(request, act),
            fact=ConfirmationAsked.NAME,
            owed=self._to_ask[act.muted],
            to_ask=(),
            asks=True,
            hidden=True,
            replaces=replaces,
        )

    def _owe(self, locale: str | None, muted: bool) -> tuple[Owed, ...]:  # noqa: FBT001  # the cache takes no keywords cheaply
        return tuple(owe(SignupCompleted(locale=locale), self._kinds, muted=muted))
