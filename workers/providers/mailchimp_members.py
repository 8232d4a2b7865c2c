"""Calls about one person who may be a member already: put back, taken off, erased.

Separate from the way new people go, many in a call. It must never create anybody, and never say that somebody is gone
because the list is.
"""

import requests

from jobs.outcomes import Accepted, Already, Outcome, Rejected, Retry, Suppressed
from workers.providers import mailchimp_answers as answers
from workers.providers.mailchimp_calls import AnswerError, Bound, Calls
from workers.providers.mailchimp_people import member_name

SKIP = "?skip_merge_validation=true"  # because the form asks for a name at most, whatever the list requires


def look(calls: Calls, address: str, bound: Bound) -> Outcome:
    """Learn how somebody stands who is there, or was a moment ago: `status_if_new` puts nobody back."""
    path = f"/members/{member_name(address)}{SKIP}"
    done: answers.Done = Already
    try:
        member = calls.call("PUT", path, bound(), {"email_address": address, "status_if_new": "subscribed"})
        if answers.is_contact_only(member, address):
            # Known for a purchase, say, and never asked until now: they did not leave.
            member = calls.call("PATCH", path, bound(), {"status": "subscribed"})
            done = Accepted
    except AnswerError as answer:
        return answer.outcome
    return answers.standing(member, address, done)


def put_back(calls: Calls, address: str, bound: Bound) -> Outcome:
    """Subscribe somebody who left and asked for it themselves.

    Mailchimp lets us where they left by our own doing. Who used the link in one of its mails is in a compliance state,
    which they alone can end, on Mailchimp's own form: Suppressed.
    """
    path = f"/members/{member_name(address)}{SKIP}"
    try:
        member = calls.about("PATCH", path, bound, {"status": "subscribed"})
    except AnswerError as answer:
        return answer.outcome
    if member is None:
        return Retry("newsletter_lookup_empty")  # erased between the two calls, say: the next try learns it
    return answers.standing(member, address, Accepted)


def take_off(calls: Calls, address: str, bound: Bound) -> Outcome:
    """Unsubscribe somebody. They are looked up first, so that nothing is changed for whoever left before."""
    path = f"/members/{member_name(address)}"
    try:
        member = calls.about("GET", path, bound)
        if member is None:
            return Already()
        off = answers.off_the_list(member, address, Already)
        if off is not None:
            return off
        member = calls.about("PATCH", path + SKIP, bound, {"status": "unsubscribed"})
        return Already() if member is None else answers.off_the_list(member, address, Accepted) or answers.UNEXPECTED
    except AnswerError as answer:
        return _off_for_good(answer.outcome)


def erase(calls: Calls, address: str, bound: Bound) -> Outcome:
    """Delete somebody for good: whoever that was, Mailchimp takes the address back from themselves alone."""
    path = f"/members/{member_name(address)}/actions/delete-permanent"
    try:
        response = calls.ask("POST", path, bound())
        if response.status_code == requests.codes.no_content:
            return Accepted()  # without the contact's id: nothing that was theirs is kept
        return Already() if calls.says_nobody(response, bound) else _not_erased(answers.fault(response), response)
    except AnswerError as answer:
        return answer.outcome


def _off_for_good(outcome: Outcome) -> Outcome:
    """A refusal to change somebody who is off the list so firmly that nobody can put them back."""
    match outcome:
        case Suppressed():
            return Already()
        case Already():
            return answers.UNEXPECTED  # "Member Exists": so they do, on the list
    return outcome


def _not_erased(outcome: Outcome, response: requests.Response) -> Outcome:
    """What is still there must not be passed over in silence."""
    if response.status_code == requests.codes.method_not_allowed and answers.decoded(response) is not None:
        return Rejected("newsletter_not_removable")  # about this person: "This list member cannot be removed."
    match outcome:
        case Suppressed("newsletter_forgotten"):
            return Already()
        case Suppressed(reason):
            return Rejected(reason)
        case Already():
            return answers.UNEXPECTED
    return outcome
