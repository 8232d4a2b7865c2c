"""A mail as it goes over the wire: nothing that was typed becomes a header, a command or the end of the mail."""

import re
from email import message_from_bytes, policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.channels import Letter
from workers.providers.mail import PLAIN, WIRE, compose, message_id

SENDER = Address("Usher", addr_spec="hello@example.org")
JOB = UUID("11111111-2222-3333-4444-555555555555")
LONGEST_LINE = 998  # RFC 5322 section 2.1.1


def letter(
    to: str = "ann@b.example", subject: str = "Welcome", text: str = "Hi,\n", html: str = "<p>Hi,</p>\n"
) -> Letter:
    return Letter(job_id=JOB, to=to, subject=subject, text=text, html=html, no_return=lambda: True)


def received(wire: bytes) -> EmailMessage:
    """What a server makes of it: the doubled dots undone (RFC 5321 section 4.5.2), then parsed."""
    return message_from_bytes(re.sub(rb"(?m)^\.", b"", wire), policy=policy.default)


def body(message: EmailMessage, kind: str) -> str:
    return str(message.get_body((kind,)).get_content()).replace("\r\n", "\n")


def test_it_has_the_headers_a_good_citizen_sends() -> None:
    message = received(compose(letter(), SENDER))
    assert message["From"] == "Usher <hello@example.org>"
    assert message["To"] == "ann@b.example"
    assert message["Subject"] == "Welcome"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None


def test_it_has_a_text_and_an_html_part() -> None:
    message = received(compose(letter(), SENDER))
    assert message.get_content_type() == "multipart/alternative"
    assert (body(message, "plain"), body(message, "html")) == ("Hi,\n", "<p>Hi,</p>\n")


def test_its_message_id_is_the_same_for_each_attempt_and_another_for_another_job() -> None:
    first, again = compose(letter(), SENDER), compose(letter(), SENDER)
    assert received(first)["Message-ID"] == received(again)["Message-ID"] == f"<{JOB}@example.org>"
    other = Letter(UUID(int=7), "ann@b.example", "s", "t", "h", lambda: True)
    assert message_id(other, SENDER) != message_id(letter(), SENDER)


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_break_in_a_header_is_refused(field: str, breaks: str) -> None:
    hostile = {"to": f"ann@b.example{breaks}Bcc: all@c.example", "subject": f"Hi{breaks}Bcc: all@c.example"}
    with pytest.raises(ValueError, match=r"CR or LF|linefeed|no address"):
        compose(letter(**{field: hostile[field]}), SENDER)


@pytest.mark.parametrize(
    "address", ["", "nobody", "@b.example", "ann@", "änn@b.example", "ann@bücher.example", "a\ud800@b.example"]
)
def test_an_address_that_smtp_cannot_carry_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compose(letter(to=address), SENDER)


@given(st.text(max_size=200), st.text(max_size=200))
@example("Hi\n.\nMAIL FROM:<x@y.example>\n", "<p>\r\n.\r\n</p>")
@example(".", ".\n.")
@example("\r.\r", "\n.\r\n")
@example("x" * 5_000, "é" * 5_000)
def test_no_text_can_end_the_mail_or_overlong_a_line(text: str, html: str) -> None:
    try:
        wire = compose(letter(text=text, html=html), SENDER)
    except ValueError:
        return  # a lone surrogate is no text
    assert wire.endswith(b"\r\n")
    lines = wire.split(b"\r\n")
    assert b"." not in lines
    assert all(line.startswith(b"..") for line in lines if line.startswith(b"."))
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= LONGEST_LINE


@pytest.mark.parametrize("text", [".\n", ".hidden\n..twice\n", "a\n.\nb\n", "Grüße, 你好\n", "x" * 3_000 + "\n"])
def test_what_arrives_is_what_was_written(text: str) -> None:
    assert body(received(compose(letter(text=text), SENDER)), "plain") == text


@pytest.mark.parametrize("subject", ["Grüße aus Zürich", "你好" * 60, "W" * 400])
def test_any_subject_arrives_in_lines_a_server_takes(subject: str) -> None:
    wire = compose(letter(subject=subject), SENDER)
    assert received(wire)["Subject"] == subject
    assert wire.partition(b"\r\n\r\n")[0].isascii()


def test_a_sender_whose_name_has_accents_is_encoded() -> None:
    wire = compose(letter(), Address("Zürich, Büro", addr_spec="hello@example.org"))
    assert wire.isascii()
    assert received(wire)["From"].addresses[0].display_name == "Zürich, Büro"


@given(st.from_regex(PLAIN, fullmatch=True))
@example("a" * 64 + "@b.de")
@example("o'neil+news@b.example")
def test_a_plain_address_stands_in_its_header_as_the_library_would_put_it(address: str) -> None:
    local, _, domain = address.rpartition("@")
    written = EmailMessage(policy=WIRE)
    written["To"] = Address(username=local, domain=domain)
    assert compose(letter(to=address), SENDER).startswith(written.as_bytes().removesuffix(b"\r\n"))


@pytest.mark.parametrize("address", ["a..b@b.example", ".a@b.example", "x" * 90 + "@b.example"])
def test_an_odd_address_is_put_into_its_header_by_the_library_or_refused(address: str) -> None:
    try:
        message = received(compose(letter(to=address), SENDER))
    except (ValueError, MessageError):
        return
    (arrived,) = message["To"].addresses
    assert (arrived.username, arrived.domain) == tuple(address.rpartition("@")[::2])


def test_the_wording_is_shared_and_what_is_a_recipients_own_is_not() -> None:
    ann, bob = compose(letter(), SENDER), compose(letter(to="bob@b.example"), SENDER)
    assert ann.partition(b"From:")[2] == bob.partition(b"From:")[2]
    assert b"ann" not in bob
    assert compose(letter(text="Other\n"), SENDER).partition(b"From:")[2] != ann.partition(b"From:")[2]
