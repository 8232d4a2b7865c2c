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
from workers.providers import mail, mime
from workers.providers.mail import PLAIN, WIRE, compose, message_id

SENDER = Address("Usher", addr_spec="hello@example.org")
JOB = UUID("11111111-2222-3333-4444-555555555555")
LONGEST_LINE = 998  # RFC 5322 section 2.1.1


def letter(
    to: str = "ann@b.example",
    subject: str = "Welcome",
    text: str = "Hi,\n",
    html: str = "<p>Hi,</p>\n",
    unsubscribe: str | None = None,
) -> Letter:
    return Letter(JOB, to, subject, text, html, no_return=lambda: True, unsubscribe=unsubscribe)


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
    with pytest.raises(ValueError, match=r"line break|no address"):
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


def test_only_what_is_the_same_for_many_is_kept() -> None:
    """Sender and subject are; a letter's text, which may have somebody's own links in it, is not."""
    kept = mail._head.cache_info().currsize
    wires = [compose(letter(to=f"p{n}@b.example", text=f"link {n}\n"), SENDER) for n in range(50)]
    assert mail._head.cache_info().currsize <= kept + 1
    assert all(f"link {n}".encode() in wire for n, wire in enumerate(wires))


CONFIRM = "https://signup.example.org/unsubscribe/" + "Zx-9_.~" * 40


def head(wire: bytes) -> list[bytes]:
    """The lines of the head, as they went over the wire."""
    return wire.partition(b"\r\n\r\n")[0].split(b"\r\n")


@pytest.mark.parametrize(
    "url", ["https://a.example/u/t", "http://localhost:8000/unsubscribe/a.b-c_d?x=1&y=%20", CONFIRM]
)
def test_a_letter_that_can_be_left_says_how_on_one_line_and_that_one_click_is_enough(url: str) -> None:
    wire = compose(letter(unsubscribe=url), SENDER)
    assert f"List-Unsubscribe: <{url}>".encode() in head(wire)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head(wire)
    message = received(wire)
    assert message.get_all("List-Unsubscribe") == [f"<{url}>"]
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_a_letter_that_cannot_be_left_says_nothing_of_it() -> None:
    assert b"list-unsubscribe" not in compose(letter(), SENDER).lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto:leave@a.example",
        "javascript:alert(1)",
        "https://",
        "https://a.example/u\r\nBcc: all@c.example",
        "https://a.example/u\n",
        "https://a.example/u>, <https://eve.example/",
        "https://a.example/a b",
        "https://bücher.example/u",
        "https://a.example/" + "x" * 1_000,
    ],
)
def test_an_address_that_no_header_can_carry_on_one_line_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no web address"):
        compose(letter(unsubscribe=url), SENDER)


HOSTILE = st.text(alphabet=st.sampled_from('\r\n\t\0\x0b\x85\u2028 :;,<>@aBc"=?ü.')) | st.text()
HEADERS = ["To", "Date", "Message-ID", "From", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"]
LEAVING = ["List-Unsubscribe", "List-Unsubscribe-Post"]


@given(
    st.just("ann@b.example") | HOSTILE,
    HOSTILE,
    HOSTILE,
    HOSTILE,
    st.none() | HOSTILE | HOSTILE.map("https://a.example/{}".format),
)
@example("ann@b.example", "Hi\n", "", "", None)
@example("ann@b.example", "Hi\r\n\r\nbody", "", "", None)
@example("ann@b.example", "a" * 200, "Bcc: x\r\n\r\n", "\r\n\r\nBcc: x", "https://a.example/\r\nBcc:x")
def test_whatever_is_in_a_letter_its_head_has_the_headers_it_should_and_no_other(
    to: str, subject: str, text: str, html: str, url: str | None
) -> None:
    try:
        wire = compose(letter(to, subject, text, html, url), SENDER)
    except (ValueError, MessageError):
        return
    lines = head(wire)
    names = [line.partition(b":")[0].decode() for line in lines if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(HEADERS + (LEAVING if url is not None else []))
    assert all(re.fullmatch(rb"[\t -~]+", line) for line in lines)
    message = received(wire)
    assert message["To"] == to
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@given(HOSTILE, HOSTILE)
def test_both_parts_arrive_whole_and_apart(text: str, html: str) -> None:
    try:
        message = received(compose(letter(text=text, html=html), SENDER))
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    for kind, written in (("plain", text), ("html", html)):
        assert body(message, kind) == "".join(f"{line}\n" for line in re.split(r"\r\n|\r|\n", written)).removesuffix(
            "\n" if not written or written.endswith(("\r", "\n")) else ""
        )


@pytest.mark.parametrize(
    "subject", ["Grüße aus Zürich", "Schön, dass du da bist! Bestätige bitte deine Anmeldung für Fußgänger"]
)
def test_a_german_letter_is_seven_bits_on_the_wire_and_german_when_it_arrives(subject: str) -> None:
    text = "Grüße,\nschöne Straße: https://a.example/unsubscribe/" + "t" * 150 + "\n"
    wire = compose(letter(subject=subject, text=text, html=f"<p>{text}</p>\n", unsubscribe=CONFIRM), SENDER)
    message = received(wire)
    assert wire.isascii()
    assert (message["Subject"], body(message, "plain"), body(message, "html")) == (subject, text, f"<p>{text}</p>\n")
    assert max(len(line) for line in wire.split(b"\r\n") if not line.startswith(b"List-Unsubscribe:")) <= 78


def test_a_text_cannot_have_the_edge_of_its_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["guessed", "guessed", "other"])
    monkeypatch.setattr(mime, "_boundary", lambda: next(drawn))
    message = received(compose(letter(text="Hi\n--guessed--\n"), SENDER))
    assert message.get_boundary() == "other"
    assert body(message, "plain") == "Hi\n--guessed--\n"
