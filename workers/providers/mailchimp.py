"""Mailchimp: the newsletter, in bulk. DSN: `mailchimp+https://any:KEY@us3.api.mailchimp.com/?list=ID`.

All of it is idempotent, so a lost answer is retried blindly. Many people go in one call that changes nobody who is
there already; whoever is gets a call of their own (mailchimp_members.py), which does not put back those who left. What
the answers mean is in mailchimp_answers.py. It must never take a row for anybody but the person whose address stands in
it, and never end more than one job on an answer that is not about each of them.
"""

import re
import time
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from jobs.kind import Recipient
from jobs.outcomes import Blame, Outcome, Retry
from workers.providers import mailchimp_answers as answers
from workers.providers import mailchimp_members as members
from workers.providers.dsn import BadDsnError, Dsn
from workers.providers.mailchimp_calls import AnswerError, Calls
from workers.providers.mailchimp_members import SKIP
from workers.providers.mailchimp_people import row

MOST_CONNECTIONS = 10  # Mailchimp's own limit, for the whole account
MOST_ROWS = 500  # Mailchimp's own limit for one call
ONE_S = 10.0  # for a call about one person, everything included
MANY_S = 20.0  # for a bulk call: Mailchimp takes its time over hundreds of people
LAST_CALL_S = 20.0  # after so long no call is begun any more ...
ALL_S = 25.0  # ... and none goes on: a claim as a whole has the kind's time_limit of 30 s
"""Seconds since the first call of `subscribe_many`."""
LEAST_S = 0.5

NOT_REACHED = Retry("newsletter_not_reached", blame=Blame.OURS)
LIST_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


People: TypeAlias = dict[str, Recipient]
"""By address in lower case, as Mailchimp compares."""


class _Clock:
    """How long one `subscribe_many` may still go on."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def may_call(self) -> bool:
        return time.monotonic() - self._began < LAST_CALL_S

    def bound(self, most: float) -> float:
        """The total for the next call: always some time, for what follows a call that took all of it."""
        return max(LEAST_S, min(most, ALL_S - (time.monotonic() - self._began)))

    def one(self) -> float:
        """The same for a call about one person."""
        return self.bound(ONE_S)


class Mailchimp:
    """`jobs.channels.Newsletter` over Mailchimp's Marketing API 3.0."""

    repeatable = True

    def __init__(self, dsn: Dsn) -> None:
        dsn.only("list", "connections", "bulk")
        if dsn.transport not in {"http", "https"} or not dsn.host:
            raise BadDsnError("must begin with mailchimp+http:// or mailchimp+https:// and a host")
        if not dsn.user or not dsn.secret:
            raise BadDsnError("has no any:KEY@")
        if not LIST_ID.fullmatch(dsn.option("list")):
            raise BadDsnError("has a list= that is no list's id")
        self.connections = dsn.whole("connections", MOST_CONNECTIONS) or MOST_CONNECTIONS
        self.bulk = dsn.whole("bulk", MOST_ROWS) or MOST_ROWS
        port = f":{dsn.port}" if dsn.port else ""
        root = f"{dsn.transport}://{dsn.host}{port}{dsn.path.removesuffix('/3.0')}/3.0"
        url = f"{root}/lists/{dsn.option('list')}"
        self._calls = Calls(url, user=dsn.user, key=dsn.secret, connections=self.connections)

    def subscribe(self, person: Recipient, *, proven: bool = False) -> Outcome:
        """Put the person on the list, unless they left it or may not be written to.

        `proven`: they asked for it themselves by a signed link, so that having left is no obstacle, as far as Mailchimp
        lets anybody but them say so.
        """
        clock, key = _Clock(), person.address.lower()
        outcome = self._together({key: person}, clock)[key]
        if proven and outcome in answers.CAN_BE_PUT_BACK:
            return members.put_back(self._calls, person.address, clock.one)
        return outcome

    def subscribe_many(self, people: Sequence[Recipient]) -> Sequence[Outcome]:
        """The same for many, in as few calls as it takes: an outcome for each, in the order given.

        Calls follow one another on one connection, for at most 25 seconds; whoever was not reached by then is handed
        back. One address given twice is sent once. Never raises for anything that Mailchimp can do.
        """
        clock = _Clock()
        wanted: People = {}
        for person in people:
            wanted.setdefault(person.address.lower(), person)
        found: dict[str, Outcome] = {}
        for some in _parts(wanted, self.bulk):
            found |= self._together(some, clock)
        return [found[person.address.lower()] for person in people]

    def unsubscribe(self, person: Recipient) -> Outcome:
        """Take the person off the list, where they are on it. Their record stays, and remembers that they left."""
        return members.take_off(self._calls, person.address, _Clock().one)

    def erase(self, person: Recipient) -> Outcome:
        """Delete the person's record for good."""
        return members.erase(self._calls, person.address, _Clock().one)

    def close(self) -> None:
        """Nothing that must be given up in order."""

    def _together(self, wanted: People, clock: _Clock) -> dict[str, Outcome]:
        """Outcomes for as many people as fit into one call. It is the same call for one as for many, because it is the
        one that changes nothing of those who are there already, not even their name.
        """
        if not clock.may_call():
            return dict.fromkeys(wanted, NOT_REACHED)
        rows = [row(person) for person in wanted.values()]
        body = {"members": rows, "update_existing": False}  # true would put back those who left
        try:
            answer = self._calls.call("POST", SKIP, clock.bound(MANY_S), body)
        except AnswerError as refused:
            if isinstance(refused.outcome, Retry) or len(wanted) == 1:
                return dict.fromkeys(wanted, refused.outcome)
            return self._in_halves(wanted, clock)
        found, existing = answers.by_person(answer, wanted)
        return found | self._one_by_one([wanted[key] for key in existing], clock)

    def _in_halves(self, wanted: People, clock: _Clock) -> dict[str, Outcome]:
        """Outcomes after a call that was refused for good, because of one person in it who must not take the others
        along: a refusal counts only against somebody who stood in the call alone.
        """
        found: dict[str, Outcome] = {}
        for some in _parts(wanted, (len(wanted) + 1) // 2):
            found |= self._together(some, clock)
        return found

    def _one_by_one(self, existing: Sequence[Recipient], clock: _Clock) -> dict[str, Outcome]:
        """Outcomes of those who are there already. Once Mailchimp fails, the rest is handed back without a call."""
        found: dict[str, Outcome] = {person.address.lower(): NOT_REACHED for person in existing}
        for person in existing:
            if not clock.may_call():
                break
            found[person.address.lower()] = outcome = members.look(self._calls, person.address, clock.one)
            if isinstance(outcome, Retry) and outcome.blame is not Blame.RECIPIENT:
                break
        return found


def _parts(people: People, size: int) -> Iterator[People]:
    items = list(people.items())
    return (dict(items[first : first + size]) for first in range(0, len(items), size))


ADAPTERS = {"mailchimp": Mailchimp}
