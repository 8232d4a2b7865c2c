"""What an SMTP reply means: code and enhanced status (RFC 5321, RFC 3463) in, outcome out. Pure, and a table.

Kept apart from the talking so that every row can be tested without a server. The reply's text stays here: it quotes
addresses.
"""

import re
from enum import Enum

from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed

_ENHANCED = re.compile(rb"\A\s*([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUE_ID = re.compile(rb"(?:queued as|queue[- ]?id[:= ]*|\bid=)\s*<?([A-Za-z0-9.@_-]{4,100})", re.IGNORECASE)

HARD_BOUNCES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
"""No such mailbox, no such domain, moved, null MX, disabled: nobody there must be written to again."""

SENDER_FAULTS = {"5.1.7", "5.1.8"}
"""Our own address is refused."""

ABOUT_THIS_RECIPIENT = {"5.7.2", "5.7.13", "5.7.17", "5.7.18"}
"""Of all policy refusals (5.7.x) those that say so: list expansion, disabled or changed mailbox. RFC 3463, 5248, 7293."""

TRANSIENT = {421, 450, 451, 452, 454}
ABOUT_RECIPIENT = {450, 452}
"""To RCPT: this mailbox is busy or full. 451 there is the server's own trouble."""

GOOD = 2
REFUSALS = {4, 5}
"""The first digit of a reply: RFC 5321 section 4.2.1."""

CREDENTIALS = {530, 534, 535, 538}
BAD_SEQUENCE = 503
CLOSING = {421, BAD_SEQUENCE}
"""The server hangs up, or has lost count: nothing more can be had on that connection."""


class Phase(Enum):
    """What the reply answers."""

    GREETING = "greeting"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


ABOUT_ONE = {Phase.RECIPIENT, Phase.DATA}
"""From here on somebody has been named, and no refusal is the operator's for certain: a server that waits with what it holds
against us until RCPT, as Postfix does, and one that dislikes this one address say the same."""


class ReplyError(Exception):
    """The server refused; the outcome says how. `usable`: whether the connection may be asked to begin anew."""

    def __init__(self, outcome: Outcome, *, usable: bool = False) -> None:
        super().__init__()
        self.outcome = outcome
        self.usable = usable


def expect(phase: Phase, answer: tuple[int, bytes]) -> None:
    """Pass over a success. Raises `ReplyError` for any other answer."""
    code, reply = answer
    if code // 100 != GOOD:
        raise ReplyError(sort(phase, code, reply), usable=is_usable_after(phase, code))


def is_usable_after(phase: Phase, code: int) -> bool:
    """Whether the connection on which this refusal came can carry another mail: it is whole, no goodbye, and nothing was
    refused that the next mail has in common with this one.
    """
    return phase in ABOUT_ONE and code // 100 in REFUSALS and code not in CLOSING | CREDENTIALS


def sort(phase: Phase, code: int, reply: bytes) -> Outcome:
    """The outcome of a reply that is not a success."""
    enhanced = _enhanced(reply)
    ours = Blame.EITHER if phase in ABOUT_ONE else Blame.OPERATOR
    if code in CREDENTIALS:
        return Retry("email_unauthorized", blame=ours)
    if code in TRANSIENT or 400 <= code < 500:  # noqa: PLR2004  # 4yz: RFC 5321 section 4.2.1
        if enhanced.startswith("4.7."):
            return Retry("email_rate_limited", blame=Blame.LIMIT)
        blame = Blame.RECIPIENT if phase is Phase.RECIPIENT and code in ABOUT_RECIPIENT else Blame.PROVIDER
        return Retry(f"email_deferred_{code}", blame=blame)
    if code == BAD_SEQUENCE or code < 100:  # noqa: PLR2004  # smtplib's -1: the connection broke within the reply
        return Retry("email_connection_unusable")
    if phase in ABOUT_ONE and enhanced in HARD_BOUNCES:
        return Suppressed("email_no_such_mailbox")
    if phase in ABOUT_ONE and enhanced in ABOUT_THIS_RECIPIENT:
        return Rejected("email_recipient_refused")
    if phase not in ABOUT_ONE or enhanced in SENDER_FAULTS or enhanced.startswith("5.7."):
        return Retry("email_sender_refused", blame=ours)
    return Rejected(f"email_refused_{code}")


def queue_id(reply: bytes) -> str | None:
    """The mail server's own name for the mail, where its answer gives one."""
    found = _QUEUE_ID.search(reply)
    return found.group(1).decode("ascii") if found else None


def _enhanced(reply: bytes) -> str:
    found = _ENHANCED.match(reply)
    return found.group(1).decode("ascii") if found else ""
