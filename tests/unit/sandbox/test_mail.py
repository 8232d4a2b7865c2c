"""What the journal shows of a mail."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from sandbox.mail import Mail, readable, summary


def arrived(**headers: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def test_both_parts_are_found_and_have_plain_line_ends() -> None:
    message = arrived(Subject="Hello")
    message.set_content("Grüße,\nzwei Zeilen\n")
    message.add_alternative("<p>Grüße</p>\n", subtype="html")
    shown = Mail(message.as_bytes()).as_json()
    assert (shown["text"], shown["html"]) == ("Grüße,\nzwei Zeilen\n", "<p>Grüße</p>\n")


def test_a_mail_without_html_has_none() -> None:
    message = arrived()
    message.set_content("only text")
    assert Mail(message.as_bytes()).as_json()["html"] is None


def test_headers_keep_their_order_and_their_repetitions_and_are_unfolded_and_decoded() -> None:
    raw = b"Received: one\r\nReceived: two\r\nSubject: =?utf-8?q?W=C3=A9?=\r\n lcome\r\n\r\nbody\r\n"
    assert Mail(raw).as_json()["headers"] == [["Received", "one"], ["Received", "two"], ["Subject", "Wé lcome"]]


def test_the_summary_names_sender_recipients_subject_and_queue_id() -> None:
    head = Mail(b"Subject: =?utf-8?q?W=C3=A9?=\r\n\r\n").head()
    assert summary(head, ["b@example.org"], "a@example.org", "AB12") == {
        "from": "a@example.org",
        "to": ["b@example.org"],
        "subject": "Wé",
        "queue_id": "AB12",
    }


@pytest.mark.parametrize("broken", ["=?nonsense?q?x?=", "=?utf-8?q?=ff?="])
def test_a_header_that_cannot_be_decoded_is_shown_as_it_came(broken: str) -> None:
    assert readable(broken) == broken


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"Subject: \xff\xfe\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n",
    ],
)
def test_a_broken_mail_is_shown_and_never_refused(raw: bytes) -> None:
    assert Mail(raw).as_json()["raw"] == raw.decode("utf-8", "replace")
