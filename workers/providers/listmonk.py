"""listmonk: the newsletter. DSN: `listmonk+https://USER:TOKEN@host:9000/?list=1`.

Adding, removing and erasing somebody are idempotent, so a lost answer is retried blindly. What the answers mean is in
listmonk_answers.py. It must never act on a row without having read the person's own address in it.
"""

from collections.abc import Collection, Sequence
from typing import Any

import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from workers.http import NoAnswerError, NotSentError, Session
from workers.providers import listmonk_answers as answers
from workers.providers.clock import Clock
from workers.providers.dsn import BadDsnError, Dsn
from workers.providers.listmonk_answers import Subscriber
from workers.providers.unanswered import unanswered

TOTAL_S = 10.0  # for one call, everything included; less where the calls before it have left less


class _Answer(Exception):  # noqa: N818  # an outcome found half-way, not an error
    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Listmonk:
    """`jobs.channels.Newsletter` over listmonk's HTTP API."""

    repeatable = True
    bulk = 1  # its import is one at a time for the whole server, and tells nothing of a single row

    def __init__(self, dsn: Dsn) -> None:
        dsn.only("list", "connections")
        if dsn.transport not in {"http", "https"} or not dsn.host:
            raise BadDsnError("must begin with listmonk+http:// or listmonk+https:// and a host")
        if not dsn.user or not dsn.secret:
            raise BadDsnError("has no USER:TOKEN@")
        if not dsn.option("list").isdigit():
            raise BadDsnError("has a list= that is not a number")
        self._list = int(dsn.option("list"))
        self.connections = dsn.connections()
        port = f":{dsn.port}" if dsn.port else ""
        self._api = f"{dsn.transport}://{dsn.host}{port}{dsn.path}/api"
        self._session = Session(headers={"Authorization": f"token {dsn.user}:{dsn.secret}"})

    def subscribe(self, person: Recipient, *, proven: bool = False) -> Outcome:
        """Create the person on the list; where they exist already, add the list unless they left it or are blocked.

        `proven`: they asked for it themselves by a signed link, so that having left is no obstacle. Being blocked is.
        """
        return self._subscribe(person, Clock(), proven=proven)

    def subscribe_many(self, people: Sequence[Recipient], *, proven: Collection[Recipient] = ()) -> Sequence[Outcome]:
        """One after the other, for at most 25 seconds and until listmonk fails; the rest is handed back."""
        clock, sure = Clock(), frozenset(proven)
        return clock.in_turn(people, lambda person: self._subscribe(person, clock, proven=person in sure))

    def unsubscribe(self, person: Recipient) -> Outcome:
        """Take the person off the list, if they are on it. Their record stays, and remembers that they left."""
        try:
            return self._take_off(person, Clock())
        except _Answer as answer:
            return _not_skipped(answer.outcome)

    def erase(self, person: Recipient) -> Outcome:
        """Delete the person's record, from all lists and with whatever block stood in it; what is kept then is ours."""
        try:
            return self._delete(person, Clock())
        except _Answer as answer:
            return _not_skipped(answer.outcome)

    def close(self) -> None:
        """Nothing that must be given up in order."""

    def _subscribe(self, person: Recipient, clock: Clock, *, proven: bool) -> Outcome:
        try:
            return self._create(person, clock, proven=proven)
        except _Answer as answer:
            return answer.outcome

    def _create(self, person: Recipient, clock: Clock, *, proven: bool) -> Outcome:
        body = {
            "email": person.address,
            "name": person.name or "",
            "status": "enabled",
            "lists": [self._list],
            "preconfirm_subscriptions": True,
            "attribs": {"locale": person.locale} if person.locale else {},
        }
        response = self._call(clock, "POST", "/subscribers", json=body)
        if response.status_code == requests.codes.conflict:
            return self._add(person, clock, proven=proven)
        data = self._record(response)
        if (lists := answers.standings(data.get("lists"))) is None:
            return answers.UNEXPECTED
        if self._list not in lists:
            return Retry("newsletter_list_gone", blame=Blame.OPERATOR)  # unknown lists are ignored in silence
        return Accepted(answers.number(data.get("id")))

    def _add(self, person: Recipient, clock: Clock, *, proven: bool) -> Outcome:
        """The address is known there and nothing was changed: look the person up, then add the list."""
        found = self._find(person, clock)
        if found is None:
            return Retry("newsletter_lookup_empty")  # deleted between the two calls, say: the next try creates them
        if found.is_blocked:
            return Suppressed("newsletter_blocklisted")
        standing = found.standings.get(self._list)
        if standing == "unsubscribed" and not proven:
            return Suppressed("newsletter_unsubscribed")  # an anonymous sign-up is no fresh consent
        if standing != "confirmed":
            self._change(clock, found, "add", status="confirmed")
        return Accepted(found.number) if standing == "unsubscribed" else Already(found.number)

    def _take_off(self, person: Recipient, clock: Clock) -> Outcome:
        found = self._find(person, clock)
        if found is None:
            return Already()
        if self._is_off(found):
            return Already(found.number)
        self._change(clock, found, "unsubscribe")
        if not self._is_off(self._find(person, clock)):
            # Because listmonk answers "done" to somebody who may not manage the list, and does nothing.
            return Retry("newsletter_list_not_permitted", blame=Blame.OPERATOR)
        return Accepted(found.number)

    def _is_off(self, found: Subscriber | None) -> bool:
        return found is None or found.standings.get(self._list, "unsubscribed") == "unsubscribed"

    def _delete(self, person: Recipient, clock: Clock) -> Outcome:
        found = self._find(person, clock)
        if found is None:
            return Already()
        self._done(self._call(clock, "DELETE", f"/subscribers/{found.number}"))
        return Accepted()  # without the number: nothing that was theirs is kept

    def _find(self, person: Recipient, clock: Clock) -> Subscriber | None:
        """The person's own record, or None where listmonk says that there is none."""
        address = person.address.lower()  # as listmonk stores it, and compares
        quoted = address.replace("'", "''")
        query = {"query": f"subscribers.email='{quoted}'", "per_page": "1"}
        rows = self._record(self._call(clock, "GET", "/subscribers", params=query)).get("results")
        if not isinstance(rows, list):
            raise _Answer(answers.UNEXPECTED)
        if not rows:
            return None
        if (found := answers.subscriber(rows[0], address)) is None:
            raise _Answer(answers.UNEXPECTED)  # never act on somebody else's row
        return found

    def _change(self, clock: Clock, found: Subscriber, action: str, **more: str) -> None:
        body = {"ids": [int(found.number)], "action": action, "target_list_ids": [self._list], **more}
        self._done(self._call(clock, "PUT", "/subscribers/lists", json=body))

    def _call(self, clock: Clock, method: str, path: str, **arguments: Any) -> requests.Response:
        try:
            return self._session.call(method, self._api + path, total=clock.bound(TOTAL_S), **arguments)
        except (NotSentError, NoAnswerError) as error:
            raise _Answer(unanswered(error)) from None

    def _data(self, response: requests.Response) -> Any:
        """The `data` of a good answer, None for none. Raises `_Answer` for any other."""
        if response.status_code != requests.codes.ok:
            raise _Answer(answers.fault(response))
        return answers.data(response)

    def _record(self, response: requests.Response) -> dict[str, Any]:
        data = self._data(response)
        if not isinstance(data, dict):
            raise _Answer(answers.UNEXPECTED)
        return data

    def _done(self, response: requests.Response) -> None:
        if self._data(response) is not True:
            raise _Answer(answers.UNEXPECTED)


def _not_skipped(outcome: Outcome) -> Outcome:
    """Nobody is passed over who asked to be let go: a refusal is for a person to see."""
    return Rejected(outcome.reason) if isinstance(outcome, Suppressed) else outcome


ADAPTERS = {"listmonk": Listmonk}
