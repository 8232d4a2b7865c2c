"""Writing a mail: RFC 5322 and MIME by the standard library, which refuses a line break in any header."""

import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from jobs.channels import Letter

MAILBOX = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]+@[0-9A-Za-z.-]+")
"""RFC 5321's Mailbox without quoted strings and address literals. Whatever else is in an address, a space or a comma, makes
`smtplib` name another recipient than the one in the header."""

WIRE = policy.SMTP.clone(max_line_length=78, cte_type="7bit", raise_on_defect=True)


def message_id(letter: Letter, sender: Address) -> str:
    """The same for every attempt at one job and never shared between two, so that a mail server can tell a repeat."""
    return f"<{letter.job_id}@{sender.domain}>"


def compose(letter: Letter, sender: Address) -> bytes:
    """The mail as it goes over the wire, dots at line starts doubled, without the final dot. Raises `ValueError`."""
    if not MAILBOX.fullmatch(letter.to):
        raise ValueError("no address that can be written to")  # never quoted: it is somebody's
    local, _, domain = letter.to.rpartition("@")
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id(letter, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    body = message.as_bytes()
    stuffed = body.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
