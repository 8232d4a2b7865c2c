"""Writing a mail: RFC 5322 and MIME by the standard library, which refuses a line break in any header.

What is the same for every recipient, nearly all of a mail, is written once: the library takes a millisecond and a half
for it, longer than a mail server for taking it.
"""

import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from jobs.channels import Letter

MAILBOX = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]+@[0-9A-Za-z.-]+")
"""RFC 5321's Mailbox without quoted strings and address literals. Whatever else is in an address, a space or a comma, makes
`smtplib` name another recipient than the one in the header."""

PLAIN = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~]+(\.[\w!#$%&'*+\-/=?^`{|}~]+)*@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*", re.ASCII)
"""Of these, the ones that stand in a header as they are: RFC 5322's dot-atoms."""

ONE_LINE = 70  # characters of an address that fit into the header's line with certainty

WIRE = policy.SMTP.clone(max_line_length=78, cte_type="7bit", raise_on_defect=True)

WORDINGS_KEPT = 32  # more than there are templates and languages in use at once


def message_id(letter: Letter, sender: Address) -> str:
    """The same for every attempt at one job and never shared between two, so that a mail server can tell a repeat."""
    return f"<{letter.job_id}@{sender.domain}>"


def compose(letter: Letter, sender: Address) -> bytes:
    """The mail as it goes over the wire, dots at line starts doubled, without the final dot. Raises `ValueError`."""
    own = f"Date: {format_datetime(datetime.now(UTC))}\r\nMessage-ID: {message_id(letter, sender)}\r\n"
    return _to(letter.to) + own.encode("ascii") + _wording(str(sender), letter.subject, letter.text, letter.html)


def _to(address: str) -> bytes:
    if not MAILBOX.fullmatch(address):
        raise ValueError("no address that can be written to")  # never quoted: it is somebody's
    if len(address) <= ONE_LINE and PLAIN.fullmatch(address):
        return f"To: {address}\r\n".encode("ascii")
    local, _, domain = address.rpartition("@")
    header = EmailMessage(policy=WIRE)
    header["To"] = Address(username=local, domain=domain)
    return header.as_bytes().removesuffix(b"\r\n")


@lru_cache(maxsize=WORDINGS_KEPT)
def _wording(sender: str, subject: str, text: str, html: str) -> bytes:
    """Everything that does not tell one recipient's mail from another's."""
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    body = message.as_bytes()
    stuffed = body.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
