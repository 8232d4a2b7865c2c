"""Writing a mail: RFC 5322's headers by the standard library, which refuses a line break in any of them.

What is the same for many recipients, sender and subject, is written once: the library takes half a millisecond for it,
longer than a mail server for taking the mail. It must never put into a header what could end it.
"""

import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from jobs.channels import Letter
from workers.providers import mime

MAILBOX = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]+@[0-9A-Za-z.-]+")
"""RFC 5321's Mailbox without quoted strings and address literals. Whatever else is in an address, a space or a comma, makes
`smtplib` name another recipient than the one in the header."""

PLAIN = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~]+(\.[\w!#$%&'*+\-/=?^`{|}~]+)*@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*", re.ASCII)
"""Of these, the ones that stand in a header as they are: RFC 5322's dot-atoms."""

ONE_LINE = 70  # characters of an address that fit into the header's line with certainty

WIRE = policy.SMTP.clone(max_line_length=78, cte_type="7bit", raise_on_defect=True)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What no header may have in it, a line break above all; the library lets one pass at the very end."""

HEADS_KEPT = 64  # more than there are templates and languages in use at once

WEB_ADDRESS = re.compile(r"https?://[!#-;=?-Z\[\]_a-z~%]+")
"""What of RFC 3986 can stand between angle brackets on one line: no space, no bracket, no quote, and ASCII alone."""

LONGEST_WEB_ADDRESS = 900  # its line is never folded, and RFC 5322 section 2.1.1 ends it at 998


def message_id(letter: Letter, sender: Address) -> str:
    """The same for every attempt at one job and never shared between two, so that a mail server can tell a repeat."""
    return f"<{letter.job_id}@{sender.domain}>"


def compose(letter: Letter, sender: Address) -> bytes:
    """The mail as it goes over the wire, dots at line starts doubled, without the final dot. Raises `ValueError`."""
    content_type, body = mime.alternative(letter.text, letter.html)
    own = f"Date: {format_datetime(datetime.now(UTC))}\r\nMessage-ID: {message_id(letter, sender)}\r\n"
    kind = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n"
    head = (
        _to(letter.to) + (own + _unsubscribe(letter.unsubscribe)).encode("ascii") + _head(str(sender), letter.subject)
    )
    return head + kind.encode("ascii") + body.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2


def can_be_written_to(address: str) -> bool:
    """Whether a mail server would be told of this very address, and of no other."""
    return bool(MAILBOX.fullmatch(address))


def _to(address: str) -> bytes:
    if not can_be_written_to(address):
        raise ValueError("no address that can be written to")  # never quoted: it is somebody's
    if len(address) <= ONE_LINE and PLAIN.fullmatch(address):
        return f"To: {address}\r\n".encode("ascii")
    local, _, domain = address.rpartition("@")
    header = EmailMessage(policy=WIRE)
    header["To"] = Address(username=local, domain=domain)
    return header.as_bytes().removesuffix(b"\r\n")


def _unsubscribe(url: str | None) -> str:
    """RFC 2369's header, and RFC 8058's, which says that a POST to it is enough. Each on one line: a mail program that
    finds the address folded may not put it together again.
    """
    if url is None:
        return ""
    if len(url) > LONGEST_WEB_ADDRESS or not WEB_ADDRESS.fullmatch(url):
        raise ValueError("no web address that a header can carry")  # never quoted: it leaves for somebody
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


@lru_cache(maxsize=HEADS_KEPT)
def _head(sender: str, subject: str) -> bytes:
    """The headers that tell one template's letters from another's, and not one recipient's."""
    if CONTROL.search(subject):
        raise ValueError("a subject with a line break in it, or another control character")
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    return message.as_bytes().removesuffix(b"\r\n")
