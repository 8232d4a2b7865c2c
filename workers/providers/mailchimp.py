"""Mailchimp: the newsletter, in bulk. DSN: `mailchimp+https://any:KEY@us3.api.mailchimp.com/?list=ID`.

All of it is idempotent, so a lost answer is retried blindly. Many people go in one call that changes nobody who is
there already; whoever is gets a call of their own (mailchimp_members.py), which puts back nobody who left, and then one
that does, where their consent is proven. What the answers mean is in mailchimp_answers.py. It must never take a row for
anybody but the person whose address stands in it, and never end more than one job on an answer that is not about each
of them.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from jobs.kind import Recipient
from jobs.outcomes import Blame, Outcome, Retry
from workers.providers import mailchimp_answers as answers
from workers.providers import mailchimp_members as members
from workers.providers.clock import NOT_REACHED, Clock
from workers.providers.dsn import BadDsnError, Dsn
from workers.providers.mailchimp_calls import AnswerError, Bound, Calls, TurnedAwayError
from workers.providers.mailchimp_members import SKIP
from workers.providers.mailchimp_people import row

MOST_CONNECTIONS = 10  # Mailchimp's own limit, for the whole account
MOST_ROWS = 500  # Mailchimp's own limit for one call
ONE_S = 10.0  # for a call about one person, everything included
MANY_S = 20.0  # for a bulk call: Mailchimp takes its time over hundreds of people
MOST_TURNED_AWAY = 20  # calls in a row, twice as many as it takes to find one person among five hundred

LIST_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


People: TypeAlias = dict[str, Recipient]
"""By address in lower case, as Mailchimp compares."""


class _Errand:
    """One `subscribe_many`: its time, whose consent is proven, and whether there is a point in calling on."""

    def __init__(self, proven: Collection[Recipient]) -> None:
        self.clock = Clock()
        self.sure = frozenset(person.address.lower() for person in proven)
        self._is_over = False
        self._turned_away = 0  # calls in a row

    def goes_on(self) -> bool:
        return not self._is_over and self.clock.may_call()

    def is_about_one(self, outcome: Outcome) -> bool:
        """Whether this refusal can be about one person. One that is about all ends the errand: nobody else is called for."""
        is_about_all = isinstance(outcome, Retry) and outcome.blame not in {Blame.RECIPIENT, Blame.EITHER}
        self._is_over = self._is_over or is_about_all
        return not is_about_all

    def was_turned_away(self) -> bool:
        """Once more, by an edge that lets others through. False after so many in a row that it cannot be because of one person."""
        self._turned_away += 1
        return self._turned_away <= MOST_TURNED_AWAY

    def was_served(self) -> None:
        self._turned_away = 0


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
        return self.subscribe_many([person], proven=[person] if proven else [])[0]

    def subscribe_many(self, people: Sequence[Recipient], *, proven: Collection[Recipient] = ()) -> Sequence[Outcome]:
        """The same for many, in as few calls as it takes: an outcome for each, in the order given.

        Calls follow one another on one connection, for at most 25 seconds; whoever was not reached by then is handed
        back. One address given twice is sent once, and proven where it is so once. Never raises for anything that
        Mailchimp can do.
        """
        errand = _Errand(proven)
        wanted: People = {}
        for person in people:
            wanted.setdefault(person.address.lower(), person)
        found: dict[str, Outcome] = {}
        for some in _parts(wanted, self.bulk):
            found |= self._together(some, errand)
        return [found[person.address.lower()] for person in people]

    def unsubscribe(self, person: Recipient) -> Outcome:
        """Take the person off the list, where they are on it. Their record stays, and remembers that they left."""
        return members.take_off(self._calls, person.address, _one(Clock()))

    def erase(self, person: Recipient) -> Outcome:
        """Delete the person's record for good."""
        return members.erase(self._calls, person.address, _one(Clock()))

    def close(self) -> None:
        """Nothing that must be given up in order."""

    def _together(self, wanted: People, errand: _Errand) -> dict[str, Outcome]:
        """Outcomes for as many people as fit into one call. It is the same call for one as for many, because it is the
        one that changes nothing of those who are there already, not even their name.
        """
        if not errand.goes_on():
            return dict.fromkeys(wanted, NOT_REACHED)
        rows = [row(person) for person in wanted.values()]
        body = {"members": rows, "update_existing": False}  # true would put back those who left
        try:
            answer = self._calls.call("POST", SKIP, errand.clock.bound(MANY_S), body)
        except AnswerError as refused:
            outcome = refused.outcome
            if isinstance(refused, TurnedAwayError) and self._is_let_in(errand):
                outcome = answers.FORBIDDEN  # because of somebody in it, then, and the others need not wait for them
            if errand.is_about_one(outcome) and len(wanted) > 1:
                return self._in_halves(wanted, errand)
            return dict.fromkeys(wanted, outcome)
        errand.was_served()
        found, existing = answers.by_person(answer, wanted)
        gone = [key for key, outcome in found.items() if key in errand.sure and outcome in answers.CAN_BE_PUT_BACK]
        return found | self._one_by_one([wanted[key] for key in existing + gone], errand)

    def _is_let_in(self, errand: _Errand) -> bool:
        return errand.was_turned_away() and self._calls.lets_us_in(errand.clock.bound(ONE_S))

    def _in_halves(self, wanted: People, errand: _Errand) -> dict[str, Outcome]:
        """Outcomes after a call that was refused for good, or by a firewall, because of one person in it who must not take
        the others along: a refusal counts only against somebody who stood in the call alone.
        """
        found: dict[str, Outcome] = {}
        for some in _parts(wanted, (len(wanted) + 1) // 2):
            found |= self._together(some, errand)
        return found

    def _one_by_one(self, existing: Sequence[Recipient], errand: _Errand) -> dict[str, Outcome]:
        """Outcomes of those who are there already. Once Mailchimp fails, the rest is handed back without a call."""
        bound = _one(errand.clock)

        def ask(person: Recipient) -> Outcome:
            outcome = members.look(self._calls, person.address, bound)
            if person.address.lower() in errand.sure and outcome in answers.CAN_BE_PUT_BACK:
                return members.put_back(self._calls, person.address, bound)
            return outcome

        outcomes = errand.clock.in_turn(existing, ask)
        return {person.address.lower(): outcome for person, outcome in zip(existing, outcomes, strict=True)}


def _one(clock: Clock) -> Bound:
    return lambda: clock.bound(ONE_S)


def _parts(people: People, size: int) -> Iterator[People]:
    items = list(people.items())
    return (dict(items[first : first + size]) for first in range(0, len(items), size))


ADAPTERS = {"mailchimp": Mailchimp}
