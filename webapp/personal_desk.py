"""The desk's side for people who come with a link of their own: confirming, preferring, leaving, export, erasure, a new link.

Separate from taking sign-ups because nothing here is in a hurry, and everything is about one person who has proved who they
are. It must never be called with an id that did not come out of a signed link.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from jobs.facts import ErasureAsked, Fact, LinkWanted, NewsletterUnwanted, NewsletterWanted, SignupCompleted
from jobs.owing import owe
from jobs.registry import Kinds
from ledger import confirmations, erasure, export, leaving, people, preferences, renewal
from ledger.confirmations import Confirmation, Confirmed
from ledger.connection import Connection
from ledger.ids import new_id
from ledger.leaving import Parting
from ledger.owed import Owed
from ledger.people import Person
from ledger.preferences import Preferred

NEWSLETTER, EMAIL = "newsletter", "email"  # the queues that people can turn off


class PersonalDesk(ABC):
    """What a person can do by their own link."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds

    @abstractmethod
    def session(self) -> AbstractContextManager[Connection]:
        """A session of the ledger."""

    @abstractmethod
    def digest(self, address: str) -> bytes:
        """An address as the suppression list keeps it."""

    @abstractmethod
    def ring(self) -> None:
        """Tell relays that something is due."""

    def confirmation(self, signup_id: UUID) -> Confirmation | None:
        """What is to be confirmed; None where the sign-up, or the person, is gone."""
        with self.session() as connection:
            return confirmations.confirmation(connection, signup_id)

    def confirm(self, signup_id: UUID, *, client: str | None, shown: str) -> Confirmed:
        """Confirm a sign-up: what it brings about is owed, once."""
        with self.session() as connection:
            asked = confirmations.confirmation(connection, signup_id)
            if asked is None:
                return "gone"
            done = confirmations.confirm(
                connection,
                asked,
                fact=SignupCompleted.NAME,
                owed=owe(SignupCompleted(locale=asked.locale, proven=True), self.kinds),
                parting=self._parting(),
                digest=self.digest(asked.address),
                client=client,
                shown=shown,
            )
        self.ring()
        return done

    def person(self, subscriber_id: UUID) -> Person | None:
        """The person; None where there is none (any more)."""
        with self.session() as connection:
            return people.person(connection, subscriber_id)

    def leave(self, subscriber_id: UUID) -> bool:
        """From now on nothing goes to them. False where there is no such person."""
        with self.session() as connection:
            known = leaving.leave(connection, subscriber_id, self._parting())
        self.ring()
        return known

    def prefer(
        self, subscriber_id: UUID, *, locale: str | None, newsletter: bool, email: bool, client: str | None, shown: str
    ) -> bool:
        """Note what they want. False where there is no such person."""
        unwanted = {name for name, wanted in ((NEWSLETTER, newsletter), (EMAIL, email)) if not wanted}
        with self.session() as connection:
            person = people.person(connection, subscriber_id)
            if person is None:
                return False
            known = preferences.prefer(
                connection,
                subscriber_id,
                Preferred(locale, frozenset(unwanted), nothing=not (newsletter or email)),
                watched=NEWSLETTER,
                wanted_again=(NewsletterWanted.NAME, self._owed(NewsletterWanted())),
                unwanted_now=self._parting(NEWSLETTER),
                digest=self.digest(person.address),
                record=preferences.Record(new_id(), client, shown),
            )
        self.ring()
        return known

    def export(self, subscriber_id: UUID) -> dict[str, Any]:
        """Everything that is known about them, by `ledger.export`."""
        with self.session() as connection:
            return export.export(connection, subscriber_id)

    def erase(self, subscriber_id: UUID) -> bool:
        """Forget them, and have others forget them. False where there is no such person."""
        with self.session() as connection:
            person = people.person(connection, subscriber_id)
            if person is None or person.erasing_at is not None:
                return person is not None
            known = erasure.erase(
                connection,
                subscriber_id,
                fact=ErasureAsked.NAME,
                owed=self._owed(ErasureAsked(address=person.address)),
                parting=self._parting(),
                digest=self.digest(person.address),
            )
        self.ring()
        return known

    def renew(self, subscriber_id: UUID) -> bool:
        """Owe them a mail with a fresh link to their preferences. False where there is no such person."""
        with self.session() as connection:
            known = renewal.renew(connection, subscriber_id, fact=LinkWanted.NAME, owed=self._owed(LinkWanted()))
        self.ring()
        return known

    def _owed(self, fact: Fact) -> Sequence[Owed]:
        return owe(fact, self.kinds)

    def _parting(self, queue: str | None = None) -> Parting:
        """What follows from not wanting the jobs of a queue any more, or none at all."""
        pointless = [
            kind.name for kind in self.kinds.values() if not kind.despite_leaving and queue in {None, kind.queue}
        ]
        return Parting(NewsletterUnwanted.NAME, self._owed(NewsletterUnwanted()), pointless)
