"""Every way in which the SMTP server can be broken, seen from its client."""

import smtplib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox_process import SandboxProcess

MAIL = b"Message-ID: <job-1@usher>\r\nSubject: Hi\r\n\r\nwelcome\r\n"


def connect(sandbox: SandboxProcess) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5)


def send(client: smtplib.SMTP, recipient: str = "ada@example.org") -> None:
    client.sendmail("hello@example.org", [recipient], MAIL)


def begun(sandbox: SandboxProcess) -> socket.socket:
    """A raw connection that has said hello and has read the answer."""
    connection = socket.create_connection(("127.0.0.1", sandbox.smtp_port), timeout=5)
    connection.sendall(b"EHLO x\r\n")
    said = b""
    while b"250 " not in said:
        said += connection.recv(4096)
    return connection


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"


def test_down_greets_with_421_and_hangs_up(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "down")
    before = sandbox.state("smtp")["requests"]
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        connect(sandbox)
    assert refused.value.smtp_code == 421
    with socket.create_connection(("127.0.0.1", sandbox.smtp_port), timeout=5) as connection:
        said = b""
        while piece := connection.recv(4096):
            said += piece
    assert said.startswith(b"421 4.3.2 ")
    assert sandbox.state("smtp")["requests"] == before + 2


@pytest.mark.parametrize("command", ["MAIL FROM:<a@example.org>", "NOOP", "RSET", "EHLO x"])
def test_down_takes_effect_for_the_next_command_of_an_open_connection(
    sandbox: SandboxProcess, mailer: smtplib.SMTP, command: str
) -> None:
    mailer.ehlo()
    sandbox.set_mode("smtp", "down")
    assert mailer.docmd(command)[0] == 421


def test_down_accepts_no_mail_that_was_begun_before(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org")
    mailer.rcpt("ada@example.org")
    sandbox.set_mode("smtp", "down")
    assert mailer.data(MAIL)[0] == 421
    assert sandbox.journal("smtp") == []


def test_refuse_closes_the_port_and_mending_opens_the_same_one(sandbox: SandboxProcess) -> None:
    for _ in range(3):
        sandbox.set_mode("smtp", "refuse")
        with pytest.raises(ConnectionRefusedError):
            connect(sandbox)
        sandbox.set_mode("smtp", "ok")
        with connect(sandbox) as client:
            send(client)
    assert len(sandbox.journal("smtp")) == 3


def test_the_port_follows_the_last_of_many_orders_at_once(sandbox: SandboxProcess) -> None:
    def order(mode: str) -> int:
        url = f"{sandbox.http_url}/_control/smtp"
        return requests.put(url, json={"mode": mode}, timeout=5).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(order, ["refuse", "ok"] * 20)) == {200}
    listens = sandbox.state("smtp")["mode"] == "ok"
    assert accepts(sandbox) is listens
    sandbox.set_mode("smtp", "ok")
    assert accepts(sandbox)


def accepts(sandbox: SandboxProcess) -> bool:
    try:
        connect(sandbox).close()
    except ConnectionRefusedError:
        return False
    return True


def test_refuse_drops_open_connections(sandbox: SandboxProcess) -> None:
    with begun(sandbox) as connection:
        sandbox.set_mode("smtp", "refuse")
        assert closed(connection)


def closed(connection: socket.socket) -> bool:
    """Whether the other end is gone, with or without a reset."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(("mode", "code", "begins"), [("error", 451, b"4.3.0 "), ("rate_limited", 450, b"4.7.1 ")])
def test_error_and_rate_limited_turn_the_recipient_away(
    sandbox: SandboxProcess, mailer: smtplib.SMTP, mode: str, code: int, begins: bytes
) -> None:
    sandbox.set_mode("smtp", mode)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailer)
    got, text = refused.value.recipients["ada@example.org"]
    assert got == code
    assert text.startswith(begins)
    assert sandbox.journal("smtp") == []


def test_flaky_turns_some_away_and_the_same_ones_with_the_same_seed(
    sandbox: SandboxProcess, mailer: smtplib.SMTP
) -> None:
    mailer.ehlo()
    mailer.mail("hello@example.org")

    def outcomes(seed: int) -> list[int]:
        sandbox.set_mode("smtp", "flaky", error_rate=0.3, seed=seed)
        return [mailer.rcpt("ada@example.org")[0] for _ in range(40)]

    first = outcomes(1)
    assert set(first) == {250, 451}
    assert outcomes(1) == first
    assert outcomes(2) != first


def test_slow_answers_late_once_for_each_mail(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    sandbox.set_mode("smtp", "slow", latency_ms=400)
    begin = time.monotonic()
    send(mailer)
    assert 0.4 <= time.monotonic() - begin < 4
    assert len(sandbox.journal("smtp")) == 1


def test_drip_replies_a_byte_a_second_from_mail_from_on_and_the_rest_when_mended(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "drip")
    with begun(sandbox) as connection:
        connection.sendall(b"MAIL FROM:<a@example.org>\r\n")
        assert connection.recv(4096) == b"2"
        begin = time.monotonic()
        assert connection.recv(4096) == b"5"
        assert time.monotonic() - begin > 0.5
        sandbox.set_mode("smtp", "ok")
        assert connection.recv(4096) == b"0 2.1.0 Ok\r\n"


def test_hang_goes_silent_at_mail_from_until_the_mode_changes(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "hang")
    before = sandbox.state("smtp")["requests"]
    with begun(sandbox) as connection:
        connection.sendall(b"MAIL FROM:<a@example.org>\r\n")
        wait_until(lambda: sandbox.state("smtp")["requests"] > before)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
        sandbox.set_mode("smtp", "ok")
        assert closed(connection)


def test_a_client_that_gives_up_on_a_hanging_server_is_let_go(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "hang")
    with begun(sandbox) as connection:
        connection.sendall(b"MAIL FROM:<a@example.org>\r\n")
        wait_until(lambda: sandbox.state("smtp")["connections"] == 1)
    wait_until(lambda: sandbox.state("smtp")["connections"] == 0)
    assert sandbox.state("smtp")["mode"] == "hang"


def test_unauthorized_refuses_the_credentials_and_whoever_gives_none(
    sandbox: SandboxProcess, mailer: smtplib.SMTP
) -> None:
    sandbox.set_mode("smtp", "unauthorized")
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        mailer.login("usher", "wrong")
    assert refused.value.smtp_code == 535
    assert mailer.mail("hello@example.org")[0] == 530
    assert sandbox.journal("smtp") == []


def test_commit_then_drop_takes_the_mail_and_says_nothing(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    sandbox.set_mode("smtp", "commit_then_drop")
    mailer.ehlo()
    mailer.mail("hello@example.org")
    mailer.rcpt("ada@example.org")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mailer.data(MAIL)
    assert [entry["key"] for entry in sandbox.journal("smtp")] == ["<job-1@usher>"]


def test_breaking_one_provider_leaves_the_other_alone(sandbox: SandboxProcess, mailer: smtplib.SMTP) -> None:
    sandbox.set_mode("listmonk", "hang")
    send(mailer)
    assert len(sandbox.journal("smtp")) == 1
