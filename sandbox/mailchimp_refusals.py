"""What Mailchimp refuses, in the titles and words it uses: problem details, and the same words in a bulk answer's rows.

Separate, because an adapter sorts by these words: it must never say anything that Mailchimp does not. Addresses of some
domains get the refusals that no client can bring about by itself; docs/providers.md lists them.
"""

import json
import re
from collections.abc import Callable, Mapping

from sandbox.answer import Answer

GLOSSARY = "https://mailchimp.com/developer/marketing/docs/errors/"
INVALID = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."

LEFT_BY_THEMSELVES = "@left.example"

_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s<>()\[\],;:\\\"]+")


class RefusedError(Exception):
    """Mailchimp answers 400 with this title and detail; in a bulk answer the detail is that row's error."""

    def __init__(self, title: str, detail: str, errors: tuple[Mapping[str, str], ...] = ()) -> None:
        super().__init__(title)
        self.title, self.detail, self.errors = title, detail, errors

    def answer(self) -> Answer:
        """As a whole answer."""
        return problem(400, self.title, self.detail, self.errors)


class NotRemovableError(Exception):
    """Mailchimp answers 405: this member cannot be archived."""


def problem(status: int, title: str, detail: str, errors: tuple[Mapping[str, str], ...] = ()) -> Answer:
    """Problem details as Mailchimp sends them."""
    body: dict[str, object] = {"type": GLOSSARY, "title": title, "status": status, "detail": detail, "instance": ""}
    if errors:
        body["errors"] = errors
    return Answer(status, json.dumps(body).encode(), "application/problem+json; charset=utf-8")


def wrong_field(field: str, message: str) -> RefusedError:
    """A field that the schema does not allow."""
    return RefusedError("Invalid Resource", INVALID, ({"field": field, "message": message},))


def forgotten(address: str) -> RefusedError:
    """Somebody who was erased."""
    detail = "was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list."
    return RefusedError("Forgotten Email Not Subscribed", f"{address} {detail}")


def special(address: str) -> None:
    """Raise the refusal that the address's domain asks for, or that it is no address."""
    if not _ADDRESS.fullmatch(address):
        raise RefusedError("Invalid Resource", "Please provide a valid email address.")
    refusal = _BY_DOMAIN.get(address.rpartition("@")[2].lower())
    if refusal is not None:
        raise refusal(address)


def no_way_back(address: str, status: str) -> None:
    """Raise the refusal to subscribe anew whose mails bounced, or who left by the link in one of Mailchimp's own mails:
    whoever leaves at `left.example` is taken to have done so. They themselves alone can, by what `pending` has sent.
    """
    left = status == "unsubscribed" and address.lower().endswith(LEFT_BY_THEMSELVES)
    if left or status == "cleaned":
        raise _in_compliance(address)


def _in_compliance(address: str) -> RefusedError:
    detail = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
    return RefusedError("Member In Compliance State", f"{address} {detail}")


def _busy(address: str) -> RefusedError:
    detail = "has signed up to a lot of lists very recently; we're not allowing more signups for now"
    return RefusedError("Invalid Resource", f"{address} {detail}")


def _fake(address: str) -> RefusedError:
    detail = "looks fake or invalid, please enter a real email address."
    return RefusedError("Invalid Resource", f"{address} {detail}")


_BY_DOMAIN: dict[str, Callable[[str], RefusedError]] = {
    "compliance.example": _in_compliance,
    "forgotten.example": forgotten,
    "busy.example": _busy,
    "fake.example": _fake,
}

KEY_INVALID = problem(
    401, "API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter."
)
NOT_FOUND = problem(404, "Resource Not Found", "The requested resource could not be found.")
NOT_REMOVABLE = problem(
    405,
    "Method Not Allowed",
    "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived.",
)
UNREADABLE = problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.")
FAILED = problem(
    500,
    "Internal Server Error",
    "An unexpected internal error has occurred. Please contact Support for more information.",
)
TOO_MANY = problem(429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections.")
AT_THE_EDGE = b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n</BODY>\n</HTML>\n"
LIMITED = (TOO_MANY, Answer(403, AT_THE_EDGE, "text/html"), Answer(429, AT_THE_EDGE, "text/html"))
"""Too many requests, in turn: from Mailchimp itself, and from what stands before it, which speaks no JSON."""
