"""The SMTP server when nothing is broken."""

import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.sandbox_process import SandboxProcess


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"From": "hello@example.org", "To": "ada@example.org", "Subject": "Hi", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Dear Ada,\n.\nwelcome\n")
    mail.add_alternative("<p>Dear <b>Ada</b></p>\n", subtype="html")
    return mail


def test_it_offers_what_usher_uses(mailer: smtplib.SMTP) -> None:
    mailer.ehlo("usher.example")
    assert mailer.esmtp_features.keys() >= {"auth", "8bitmime", "smtputf8", "size"}
    assert set(mailer.esmtp_features["auth"].split()) == {"LOGIN", "PLAIN"}


def test_an_accepted_mail_is_journaled_whole_under_its_message_id(
    sandbox: SandboxProcess, mailer: smtplib.SMTP
) -> None:
    mail = message(Message_ID="<job-1@usher>", List_Unsubscribe="<https://example.org/u>", Subject="Schöne Grüße")
    mailer.send_message(mail, from_addr="bounce@example.org", to_addrs=["ada@example.org", "bob@example.org"])
    (entry,) = sandbox.journal("smtp")
    assert (entry["n"], entry["effect"], entry["key"]) == (1, "mail.accepted", "<job-1@usher>")
    assert (entry["from"], entry["to"]) == ("bounce@example.org", ["ada@example.org", "bob@example.org"])
    assert entry["subject"] == "Schöne Grüße"
    assert ["List-Unsubscribe", "<https://example.org/u>"] in entry["headers"]
    assert entry["text"] == "Dear Ada,\n.\nwelcome\n"
    assert entry["html"] == "<p>Dear <b>Ada</b></p>\n"
    assert entry["raw"].startswith("From: hello@example.org\r\n")


def test_a_brief_journal_leaves_out_the_parts(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    mailer.send_message(message(Message_ID="<1@usher>"))
    (entry,) = sandbox.journal("smtp", brief=True)
    assert entry["key"] == "<1@usher>"
    assert entry.keys().isdisjoint({"headers", "text", "html", "raw"})


def test_the_last_reply_carries_the_queue_id_that_the_journal_knows(
    sandbox: SandboxProcess, mailer: smtplib.SMTP
) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org")
    mailer.rcpt("ada@example.org")
    code, text = mailer.data(message().as_bytes())
    assert code == 250
    before, _, queue_id = text.decode().rpartition(" ")
    assert before == "2.0.0 Ok: queued as"
    assert int(queue_id, 16) >= 0
    assert sandbox.journal("smtp")[0]["queue_id"] == queue_id


def test_mails_on_one_connection_are_journaled_in_their_order(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    before = sandbox.state("smtp")["requests"]
    for n in range(3):
        mailer.send_message(message(Message_ID=f"<{n}@usher>"))
    assert [(entry["n"], entry["key"]) for entry in sandbox.journal("smtp")] == [
        (1, "<0@usher>"),
        (2, "<1@usher>"),
        (3, "<2@usher>"),
    ]
    assert [entry["key"] for entry in sandbox.journal("smtp", after=2)] == ["<2@usher>"]
    after = sandbox.state("smtp")
    assert (after["requests"] - before, after["effects"], after["connections"]) == (3, 3, 1)


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
def test_any_credentials_are_accepted(mailer: smtplib.SMTP, method: str) -> None:
    mailer.ehlo()
    mailer.user, mailer.password = "anybody", "anything"
    mechanism = method.removeprefix("auth_").upper()
    assert mailer.auth(mechanism, getattr(mailer, method))[0] == 235


def test_an_international_address_is_accepted(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org", ["SMTPUTF8", "BODY=8BITMIME"])
    mailer.command_encoding = "utf-8"
    assert mailer.rcpt("grüße@exämple.org")[0] == 250
    mailer.data("Subject: Grüße\r\n\r\nGrüße\r\n".encode())
    assert sandbox.journal("smtp")[0]["to"] == ["grüße@exämple.org"]


def test_pipelined_commands_are_answered_in_order(sandbox: SandboxProcess) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.smtp_port), timeout=5) as connection:
        connection.sendall(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nRSET\r\nQUIT\r\n")
        replies = b""
        while piece := connection.recv(4096):
            replies += piece
    final = [line[:3] for line in replies.splitlines() if line[3:4] == b" "]
    assert final == [b"220", b"250", b"250", b"250", b"250", b"221"]
    assert sandbox.journal("smtp") == []


@pytest.mark.parametrize(
    ("local", "code", "begins"),
    [("reply-550-5.1.1", 550, b"5.1.1 "), ("reply-450", 450, b"<"), ("reply-452-4.2.2", 452, b"4.2.2 ")],
)
def test_a_recipient_can_ask_for_any_reply(mailer: smtplib.SMTP, local: str, code: int, begins: bytes) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org")
    got, text = mailer.rcpt(f"{local}@example.org")
    assert got == code
    assert text.startswith(begins)


def test_a_refused_recipient_leaves_the_others_their_mail(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    refused = mailer.send_message(message(), to_addrs=["reply-550-5.1.1@example.org", "ada@example.org"])
    assert list(refused) == ["reply-550-5.1.1@example.org"]
    assert [entry["to"] for entry in sandbox.journal("smtp")] == [["ada@example.org"]]


def test_421_for_a_recipient_closes_the_connection(mailer: smtplib.SMTP) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org")
    assert mailer.rcpt("reply-421-4.7.0@example.org")[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mailer.noop()
