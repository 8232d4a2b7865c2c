"""What Mailchimp's answers mean: docs/providers.md has the table.

Separate from the calls, because this only reads. It must never read an outcome for a person from a row in which another
address stands, nor carry Mailchimp's own words along: they quote addresses.
"""

import json
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import requests

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from workers.retry_after import seconds

UNEXPECTED = Retry("newsletter_unexpected_answer")
BUSY = Retry("newsletter_address_busy", after=4 * 3600.0, blame=Blame.RECIPIENT)
"""Mailchimp takes no more sign-ups of this address for now, and gives no time; people report hours to days."""
NO_ROW = Retry("newsletter_row_missing", blame=Blame.RECIPIENT)
CONTRADICTED = Retry("newsletter_rows_contradict", blame=Blame.RECIPIENT)

FORBIDDEN = Retry("newsletter_forbidden", blame=Blame.EITHER)
"""By the edge in front of Mailchimp, which lets other calls through: it dislikes what this person typed, or this kind of call."""

LATER = {requests.codes.request_timeout, 425}  # refused unread, by something in between
OPERATOR_FAULTS = {401: "newsletter_unauthorized", 403: "newsletter_unauthorized", 404: "newsletter_not_found"}
ABOUT_THE_BODY = {400, 413, 422}  # of all refusals only these can be about a person
LONGEST_ID = 64

STANDINGS = {
    "unsubscribed": Suppressed("newsletter_unsubscribed"),
    "cleaned": Suppressed("newsletter_cleaned"),  # its mails bounced
    "archived": Suppressed("newsletter_archived"),
    # Asked by Mailchimp to confirm, and has not: they are on no list, and only they themselves can change that.
    "pending": Suppressed("newsletter_pending"),
}

CAN_BE_PUT_BACK = frozenset(STANDINGS[status] for status in ("unsubscribed", "archived", "pending"))
"""What does not hold against somebody who has just asked for the newsletter themselves, by a link of ours. Bounced mails do."""
_OFF = frozenset({"unsubscribed", "cleaned"})
"""Nothing is sent to them, and Mailchimp remembers why. The rest is a click or a sign-up away from being written to."""
_ON = frozenset({"subscribed", "pending", "archived", "transactional"})

Done: TypeAlias = Callable[[str | None], Outcome]


def decoded(response: requests.Response) -> dict[str, Any] | None:
    """The body, where it is a JSON object."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def by_person(answer: dict[str, Any], wanted: Collection[str]) -> tuple[dict[str, Outcome], list[str]]:
    """The outcomes of a bulk call by address in lower case, and those of `wanted` who are there already.

    An outcome comes from rows with that very address alone; who has none, or two that disagree, is to be tried again.
    """
    said: dict[str, Outcome | None] = {}
    torn: set[str] = set()
    for part, means in _PARTS.items():
        rows = answer.get(part)
        for row in rows if isinstance(rows, list) else ():
            if (key := _address(row)) in wanted:
                meaning = means(row)
                if said.setdefault(key, meaning) != meaning:
                    torn.add(key)
    if not said:
        return dict.fromkeys(wanted, UNEXPECTED), []
    for key in torn:
        said[key] = CONTRADICTED
    found = {key: said.get(key, NO_ROW) for key in wanted}
    return (
        {key: outcome for key, outcome in found.items() if outcome is not None},
        [key for key, outcome in found.items() if outcome is None],
    )


def standing(member: Any, address: str, done: Done) -> Outcome:
    """What a member's record says of the person with that address; `done` makes the outcome of whoever is subscribed."""
    if _address(member) != address.lower():
        return UNEXPECTED  # never act on somebody else's record
    status = member.get("status")
    if status == "subscribed":
        return done(_contact(member))
    return STANDINGS.get(status, UNEXPECTED) if isinstance(status, str) else UNEXPECTED


def off_the_list(member: Any, address: str, done: Done) -> Outcome | None:
    """What a member's record says of somebody who wants to leave: `done` makes the outcome of whoever is off the list,
    and None is for those who have yet to be taken off.
    """
    status = member.get("status") if _address(member) == address.lower() else None
    if not isinstance(status, str) or status not in _OFF | _ON:
        return UNEXPECTED  # somebody else's record, or one that cannot be understood
    return done(_contact(member)) if status in _OFF else None


def is_contact_only(member: Any, address: str) -> bool:
    """Whether the person is known for a purchase, say, and was never asked about the newsletter."""
    return _address(member) == address.lower() and member.get("status") == "transactional"


def is_from_the_edge(response: requests.Response) -> bool:
    """Whether a 403 is not Mailchimp's own: for too many calls, or for what stands in this one."""
    return response.status_code == requests.codes.forbidden and decoded(response) is None


def fault(response: requests.Response) -> Outcome:
    """What an answer that is not 200 means. Final outcomes can only be about the one person who stood in the call."""
    status, problem = response.status_code, decoded(response)
    if status == requests.codes.too_many_requests or is_from_the_edge(response):
        return Retry("newsletter_rate_limited", after=seconds(response.headers), blame=Blame.LIMIT)
    if status in OPERATOR_FAULTS:
        return Retry(OPERATOR_FAULTS[status], blame=Blame.OPERATOR)
    if status in ABOUT_THE_BODY:
        return (
            UNEXPECTED if problem is None and status != requests.codes.request_entity_too_large else _refusal(problem)
        )
    if status >= requests.codes.server_error or status in LATER:
        return Retry("newsletter_unavailable", after=seconds(response.headers))
    if status < 300:  # noqa: PLR2004  # another success than the one it gives: whatever was done, it may be done again
        return UNEXPECTED
    if status < 400:  # noqa: PLR2004  # redirection, RFC 9110 section 15.4
        return Retry("newsletter_redirects", blame=Blame.OPERATOR)
    return Retry(f"newsletter_http_{status}", blame=Blame.OPERATOR)


def _refusal(problem: dict[str, Any] | None) -> Outcome:
    title, detail = (str((problem or {}).get(field, "")) for field in ("title", "detail"))
    if title == "Member Exists":
        return Already()
    if title == "Member In Compliance State":
        return Suppressed("newsletter_compliance")
    if title == "Forgotten Email Not Subscribed":
        return Suppressed("newsletter_forgotten")
    return _words(detail)


def _words(said: str) -> Outcome:
    """A refusal by its text, which is the same in a problem's detail and in a row's error."""
    said = said.lower()
    if "signed up to a lot of lists" in said:
        return BUSY
    if "compliance state" in said:
        return Suppressed("newsletter_compliance")
    if "permanently deleted" in said:
        return Suppressed("newsletter_forgotten")
    if "fake or invalid" in said or "valid email" in said:
        return Rejected("newsletter_address_rejected")
    return Rejected("newsletter_rejected")


def _new(row: dict[str, Any]) -> Outcome:
    # The usual case in one line, because it runs ten thousand times a second.
    return Accepted(_contact(row)) if row.get("status") == "subscribed" else _row_standing(row, Accepted)


def _updated(row: dict[str, Any]) -> Outcome:
    return _row_standing(row, Already)


def _row_standing(row: dict[str, Any], done: Done) -> Outcome:
    outcome = standing(row, row["email_address"], done)
    return CONTRADICTED if outcome is UNEXPECTED else outcome


def _error(row: dict[str, Any]) -> Outcome | None:
    """None for somebody who is there already."""
    if row.get("error_code") == "ERROR_CONTACT_EXISTS":
        return None
    said = row.get("error")
    return _words(said) if isinstance(said, str) else CONTRADICTED


_PARTS: dict[str, Callable[[dict[str, Any]], Outcome | None]] = {
    "new_members": _new,
    "updated_members": _updated,
    "errors": _error,
}


def _address(row: Any) -> str:
    """The address in lower case; empty where there is none."""
    address = row.get("email_address") if isinstance(row, dict) else None
    return address.lower() if isinstance(address, str) else ""


def _contact(member: dict[str, Any]) -> str | None:
    """Mailchimp's own name for the contact, where it is fit to be kept. `id` is not: it is the MD5 of the address."""
    contact = member.get("contact_id")
    if not isinstance(contact, str) or len(contact) > LONGEST_ID or not (contact.isascii() and contact.isalnum()):
        return None
    return contact if contact != member.get("id") else None
