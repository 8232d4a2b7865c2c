"""A mail as it arrived, and what the journal and the page show of it.

Separate, because it is MIME and nothing else. It must never refuse a mail: what cannot be decoded is shown as it came,
since a broken mail is just what a developer wants to see.
"""

import email
import email.policy
from collections.abc import Sequence
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser

_heads = BytesHeaderParser()  # the old policy, because the new one takes ten times as long and may raise


class Mail:
    """One accepted message; its parts are unpacked anew each time somebody looks, because most are never looked at."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def head(self) -> Message:
        """The headers, undecoded."""
        return _heads.parsebytes(self._raw.partition(b"\r\n\r\n")[0])

    def as_json(self) -> dict[str, object]:
        """`headers` (a list of [name, value], unfolded and decoded), `raw`, and `text` and `html`
        with plain line ends (null where there is none).
        """
        headers = [[name, readable(value)] for name, value in self.head().items()]
        message = email.message_from_bytes(self._raw, policy=email.policy.default)
        return {
            "headers": headers,
            "text": _part(message, "plain"),
            "html": _part(message, "html"),
            "raw": self._raw.decode("utf-8", "replace"),
        }


def readable(value: object) -> str:
    """A header's value on one line, its encoded words (RFC 2047) decoded."""
    line = "".join(str(value).splitlines())
    try:
        return str(make_header(decode_header(line)))
    except (LookupError, UnicodeError, ValueError):
        return line


def summary(head: Message, recipients: Sequence[str], sender: str, queue_id: str) -> dict[str, object]:
    """What the journal says of a mail beside its Message-ID."""
    subject = readable(head.get("Subject", ""))
    return {"from": sender, "to": list(recipients), "subject": subject, "queue_id": queue_id}


def _part(message: EmailMessage, subtype: str) -> str | None:
    body = message.get_body(preferencelist=(subtype,))
    if body is None:
        return None
    try:
        return str(body.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError, ValueError):
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
