"""listmonk: the newsletter. DSN: `listmonk+https://USER:TOKEN@host:9000/?list=1`.

Adding somebody is idempotent, so a lost answer is retried blindly. What the answers mean is listmonk's own code's word;
docs/providers.md has the table.
"""

from collections.abc import Sequence
from typing import Any

import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from workers.http import NoAnswerError, NotSentError, Session
from workers.providers.dsn import BadDsnError, Dsn
from workers.retry_after import seconds

TOTAL_S = 10.0  # for one call, everything included; three of them fit into the kind's time_limit
LATER = {408, 425}  # refused unread, by something in between
OPERATOR_FAULTS = {401: "newsletter_unauthorized", 403: "newsletter_unauthorized", 404: "newsletter_not_found"}


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

    def subscribe(self, person: Recipient) -> Outcome:
        """Create the person on the list; where they exist already, add the list unless they left it or are blocked."""
        try:
            return self._create(person)
        except _Answer as answer:
            return answer.outcome

    def subscribe_many(self, people: Sequence[Recipient]) -> Sequence[Outcome]:
        """One after the other."""
        return [self.subscribe(person) for person in people]

    def close(self) -> None:
        """Nothing that must be given up in order."""

    def _create(self, person: Recipient) -> Outcome:
        body = {
            "email": person.address,
            "name": person.name or "",
            "status": "enabled",
            "lists": [self._list],
            "preconfirm_subscriptions": True,
            "attribs": {"locale": person.locale} if person.locale else {},
        }
        response = self._call("POST", "/subscribers", json=body)
        if response.status_code == requests.codes.conflict:
            return self._add(person)
        data = self._data(response)
        if (lists := _standings(data.get("lists"))) is None:
            return Retry("newsletter_unexpected_answer")
        if self._list not in lists:
            return Retry("newsletter_list_gone", blame=Blame.OPERATOR)  # unknown lists are ignored in silence
        return Accepted(_number(data.get("id")))

    def _add(self, person: Recipient) -> Outcome:
        """The address is known there and nothing was changed: look the person up, then add the list."""
        address = person.address.lower()  # as listmonk stores it, and compares
        quoted = address.replace("'", "''")
        query = {"query": f"subscribers.email='{quoted}'", "per_page": "1"}
        found = self._data(self._call("GET", "/subscribers", params=query)).get("results")
        if not isinstance(found, list) or not found or not isinstance(found[0], dict):
            return Retry("newsletter_lookup_empty")  # deleted between the two calls, say: the next try creates them
        subscriber = found[0]
        number, lists = _number(subscriber.get("id")), _standings(subscriber.get("lists"))
        if subscriber.get("email") != address or number is None or lists is None:
            return Retry("newsletter_unexpected_answer")  # never act on somebody else's row
        if subscriber.get("status") == "blocklisted":
            return Suppressed("newsletter_blocklisted")
        standing = lists.get(self._list)
        if standing == "unsubscribed":
            return Suppressed("newsletter_unsubscribed")  # an anonymous sign-up is no fresh consent
        if standing != "confirmed":
            body = {"ids": [int(number)], "action": "add", "target_list_ids": [self._list], "status": "confirmed"}
            self._data(self._call("PUT", "/subscribers/lists", json=body), whole=True)
        return Already(number)

    def _call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        try:
            return self._session.call(method, self._api + path, total=TOTAL_S, **arguments)
        except (NotSentError, NoAnswerError) as error:
            raise _Answer(Retry(f"newsletter_{error}")) from None

    def _data(self, response: requests.Response, *, whole: bool = False) -> dict[str, Any]:
        """The `data` of a good answer. Raises `_Answer` for any other."""
        if response.status_code != requests.codes.ok:
            raise _Answer(_fault(response))
        try:
            data = response.json()["data"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _Answer(Retry("newsletter_unexpected_answer")) from None
        if whole:
            return {"data": data}
        if not isinstance(data, dict):
            raise _Answer(Retry("newsletter_unexpected_answer"))
        return data


def _fault(response: requests.Response) -> Outcome:
    """What an answer that is not 200 means."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return Retry("newsletter_rate_limited", after=seconds(response.headers), blame=Blame.LIMIT)
    if status in OPERATOR_FAULTS:
        return Retry(OPERATOR_FAULTS[status], blame=Blame.OPERATOR)
    if status == requests.codes.bad_request:
        if "domain is blocklisted" in response.text:
            return Suppressed("newsletter_domain_blocklisted")
        return Rejected("newsletter_address_rejected" if "nvalid email" in response.text else "newsletter_rejected")
    if status >= requests.codes.server_error or status in LATER:
        return Retry("newsletter_unavailable", after=seconds(response.headers))
    if status < 300:  # noqa: PLR2004  # another success than the one it gives: whatever was done, it may be done again
        return Retry("newsletter_unexpected_answer")
    if status < 400:  # noqa: PLR2004  # redirection, RFC 9110 section 15.4
        return Retry("newsletter_redirects", blame=Blame.OPERATOR)
    return Rejected(f"newsletter_http_{status}")


def _standings(lists: Any) -> dict[int, Any] | None:
    """A person's standing on each list, by the list's id; None where it cannot be understood."""
    rows = [] if lists is None else lists
    if not isinstance(rows, list) or not all(isinstance(one, dict) and _number(one.get("id")) for one in rows):
        return None
    return {one["id"]: one.get("subscription_status") for one in rows}


def _number(value: Any) -> str | None:
    """An id of listmonk's as the ledger keeps it; None for anything but a number, which the ledger might not even take."""
    return str(value) if type(value) is int else None


ADAPTERS = {"listmonk": Listmonk}
