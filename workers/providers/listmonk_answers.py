"""What listmonk's answers mean: docs/providers.md has the table.

Separate from the calls, because this only reads. It must never take a row for somebody unless their own address stands
in it, nor carry listmonk's own words along: they quote addresses.
"""

import json
from dataclasses import dataclass
from typing import Any

import requests

from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed
from workers.retry_after import seconds

UNEXPECTED = Retry("newsletter_unexpected_answer")
FORBIDDEN = Retry("newsletter_forbidden", blame=Blame.EITHER)
"""Said by something in front of listmonk: a firewall that is tired of us, or one that dislikes what this person typed."""
LATER = {requests.codes.request_timeout, 425}  # refused unread, by something in between
OPERATOR_FAULTS = {401: "newsletter_unauthorized", 403: "newsletter_unauthorized", 404: "newsletter_not_found"}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody whom listmonk knows."""

    number: str
    is_blocked: bool
    standings: dict[int, Any]  # by list: confirmed, unconfirmed or unsubscribed


def data(response: requests.Response) -> Any:
    """The `data` of a good answer, or None where there is none to be had."""
    try:
        return json.loads(response.content)["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def subscriber(row: Any, address: str) -> Subscriber | None:
    """The row, if it is about the person with that address (in lower case) and can be understood."""
    if not isinstance(row, dict) or row.get("email") != address:
        return None
    found, lists = number(row.get("id")), standings(row.get("lists"))
    if found is None or lists is None:
        return None
    return Subscriber(found, row.get("status") == "blocklisted", lists)


def standings(lists: Any) -> dict[int, Any] | None:
    """A person's standing on each list, by the list's id; None where it cannot be understood."""
    rows = [] if lists is None else lists
    if not isinstance(rows, list) or not all(isinstance(one, dict) and number(one.get("id")) for one in rows):
        return None
    return {one["id"]: one.get("subscription_status") for one in rows}


def number(value: Any) -> str | None:
    """An id of listmonk's as the ledger keeps it; None for anything but a number, which the ledger might not even take."""
    return str(value) if type(value) is int else None


def fault(response: requests.Response) -> Outcome:
    """What an answer that is not 200 means."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return Retry("newsletter_rate_limited", after=seconds(response.headers), blame=Blame.LIMIT)
    if status == requests.codes.forbidden and not _is_listmonks_own(response):
        return FORBIDDEN
    if status in OPERATOR_FAULTS:
        return Retry(OPERATOR_FAULTS[status], blame=Blame.OPERATOR)
    if status == requests.codes.bad_request:
        if "domain is blocklisted" in response.text:
            return Suppressed("newsletter_domain_blocklisted")
        return Rejected("newsletter_address_rejected" if "nvalid email" in response.text else "newsletter_rejected")
    if status >= requests.codes.server_error or status in LATER:
        return Retry("newsletter_unavailable", after=seconds(response.headers))
    if status < 300:  # noqa: PLR2004  # another success than the one it gives: whatever was done, it may be done again
        return UNEXPECTED
    if status < 400:  # noqa: PLR2004  # redirection, RFC 9110 section 15.4
        return Retry("newsletter_redirects", blame=Blame.OPERATOR)
    return Rejected(f"newsletter_http_{status}")


def _is_listmonks_own(response: requests.Response) -> bool:
    """Whether a refusal is in the form that all of listmonk's have, `{"message": "..."}`."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and isinstance(body.get("message"), str)
