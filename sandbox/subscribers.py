"""listmonk's memory: subscribers and their lists, in dictionaries.

Separate from the HTTP around it, because this is what its SQL does, and it is worth testing as such. Every method that
changes something says to the journal what it changed; it must never journal a call that changed nothing.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.headcount import Headcount, Standing
from sandbox.journal import Journal

LISTS = {1: "Newsletter", 2: "Product news"}


def _now() -> str:
    return datetime.now(UTC).isoformat()


class ConflictError(Exception):
    """The address belongs to another subscriber already."""


class UnknownSubscriberError(Exception):
    """There is no subscriber of this id."""


@dataclass(slots=True)
class Subscriber:
    """One row; `lists` maps a list's id to confirmed, unconfirmed or unsubscribed."""

    id: int
    email: str
    name: str
    status: str
    attribs: dict[str, object]
    lists: dict[int, str]
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: str = field(default_factory=_now)
    updated_at: str = field(default_factory=_now)
    counted: Standing | None = None  # as what the headcount has them

    @property
    def standing(self) -> Standing:
        """Left is whoever has no list any more that they did not leave."""
        if self.status != "enabled" or not self.lists:
            return Standing.ELSEWHERE
        return Standing.LEFT if set(self.lists.values()) == {"unsubscribed"} else Standing.ON_LIST

    def as_json(self) -> dict[str, object]:
        """The record as the API gives it."""
        lists = [{"subscription_status": status, "id": n, "name": LISTS[n]} for n, status in self.lists.items()]
        return {
            "id": self.id,
            "uuid": self.uuid,
            "email": self.email,
            "name": self.name,
            "attribs": self.attribs,
            "status": self.status,
            "lists": lists,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class Subscribers:
    """All subscribers of one listmonk, and the statements that change them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.headcount = Headcount()
        self._by_id: dict[int, Subscriber] = {}
        self._by_email: dict[str, Subscriber] = {}
        self._last_id = 0

    def find(self, email: str) -> Subscriber | None:
        """By the exact address, as `=` in SQL compares."""
        return self._by_email.get(email)

    def get(self, subscriber_id: int) -> Subscriber:
        """By id; raises UnknownSubscriberError."""
        try:
            return self._by_id[subscriber_id]
        except KeyError:
            raise UnknownSubscriberError from None

    def create(
        self, *, email: str, name: str, status: str, attribs: dict[str, object], lists: Iterable[int], preconfirm: bool
    ) -> Subscriber:
        """A new row on those of the lists that exist; raises ConflictError where the address is known."""
        if email in self._by_email:
            raise ConflictError
        self._last_id += 1
        member = _first_status(status, preconfirm=preconfirm)
        subscriber = Subscriber(self._last_id, email, name, status, attribs, {n: member for n in lists if n in LISTS})
        self._by_id[subscriber.id] = self._by_email[email] = subscriber
        self._count(subscriber, subscriber.standing)
        self._note("subscriber.created", subscriber)
        return subscriber

    def update(
        self,
        subscriber_id: int,
        *,
        email: str,
        name: str,
        status: str,
        attribs: dict[str, object] | None,
        lists: Iterable[int],
        preconfirm: bool,
    ) -> Subscriber:
        """The whole record anew: lists not named are left, those kept keep their status; an empty name or status
        stays what it was. Raises UnknownSubscriberError, ConflictError.
        """
        subscriber = self.get(subscriber_id)
        if self._by_email.get(email, subscriber) is not subscriber:
            raise ConflictError
        del self._by_email[subscriber.email]
        self._by_email[email] = subscriber
        subscriber.email, subscriber.name = email, name or subscriber.name
        subscriber.status = status or subscriber.status
        subscriber.attribs = subscriber.attribs if attribs is None else attribs
        member = _first_status(subscriber.status, preconfirm=preconfirm)
        subscriber.lists = {n: subscriber.lists.get(n, member) for n in lists if n in LISTS}
        self._touch("subscriber.updated", subscriber)
        return subscriber

    def add(self, ids: Iterable[int], lists: Iterable[int], status: str) -> None:
        """Put all of them on the lists; a given `status` overwrites, without one a known member keeps theirs.

        Raises UnknownSubscriberError before anything is changed: the foreign key fails the whole statement.
        """
        rows = [self.get(subscriber_id) for subscriber_id in ids]
        targets = [n for n in lists if n in LISTS]
        for row in rows:
            before = dict(row.lists)
            for n in targets:
                row.lists[n] = status or row.lists.get(n, "unconfirmed")
            self._touch("lists.added", row, unless=row.lists == before)

    def unsubscribe(self, ids: Iterable[int], lists: Iterable[int]) -> None:
        """Mark those memberships that exist as unsubscribed."""
        targets = set(lists)
        for row in self._known(ids):
            before = dict(row.lists)
            row.lists = {n: "unsubscribed" if n in targets else status for n, status in before.items()}
            self._touch("lists.unsubscribed", row, unless=row.lists == before)

    def remove(self, ids: Iterable[int], lists: Iterable[int]) -> None:
        """Delete those memberships that exist."""
        targets = set(lists)
        for row in self._known(ids):
            before = dict(row.lists)
            row.lists = {n: status for n, status in before.items() if n not in targets}
            self._touch("lists.removed", row, unless=row.lists == before)

    def blocklist(self, subscriber_id: int) -> None:
        """Block the subscriber, if there is one, and unsubscribe them everywhere."""
        for row in self._known([subscriber_id]):
            blocked = row.status == "blocklisted"
            row.status, row.lists = "blocklisted", dict.fromkeys(row.lists, "unsubscribed")
            self._touch("subscriber.blocklisted", row, unless=blocked)

    def delete(self, subscriber_id: int) -> None:
        """Erase the subscriber, if there is one."""
        for row in self._known([subscriber_id]):
            del self._by_id[row.id], self._by_email[row.email]
            self._count(row, Standing.ERASED)
            self._note("subscriber.deleted", row)

    def clear(self) -> None:
        """Forget everybody. Ids go on counting, as a sequence does, so that an old id never means someone new."""
        self._by_id.clear()
        self._by_email.clear()
        self.headcount.clear()

    def _count(self, row: Subscriber, standing: Standing) -> None:
        if row.counted is None:
            self.headcount.came(standing)
        else:
            self.headcount.moved(row.counted, standing)
        row.counted = standing

    def _known(self, ids: Iterable[int]) -> list[Subscriber]:
        return [self._by_id[n] for n in ids if n in self._by_id]

    def _touch(self, effect: str, row: Subscriber, *, unless: bool = False) -> None:
        if not unless:
            row.updated_at = _now()
            self._count(row, row.standing)
            self._note(effect, row)

    def _note(self, effect: str, row: Subscriber) -> None:
        lists = [{"id": n, "status": status} for n, status in row.lists.items()]
        self._journal.append(effect, row.email, id=row.id, name=row.name, lists=lists, status=row.status)


def _first_status(status: str, *, preconfirm: bool) -> str:
    if status == "blocklisted":
        return "unsubscribed"
    return "confirmed" if preconfirm else "unconfirmed"
