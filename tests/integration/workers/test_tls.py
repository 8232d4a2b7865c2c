"""TLS: a certificate nobody vouches for is the operator's fault, and no handshake outlasts a call's deadline."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from jobs.channels import Letter
from jobs.kind import Recipient
from jobs.outcomes import Accepted, Blame, Outcome, Retry
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, lines_and_bodies, smtp_dialogue
from tests.integration.workers.tls_server import behind_tls
from workers.providers import listmonk, smtp
from workers.providers.dsn import parse
from workers.providers.listmonk import Listmonk
from workers.providers.smtp import Smtp

OFFER = b"250-rude.example\r\n250 STARTTLS\r\n"
NOT_VOUCHED_FOR = Retry("email_certificate_invalid", blame=Blame.OPERATOR)
CREATED = b'{"data": {"id": 3, "lists": [{"id": 1}]}}'
Rude = Callable[[Talk], RudeServer]


@pytest.fixture
def rude() -> Iterator[Rude]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def offering_starttls(after: Talk) -> Talk:
    """Greets in the clear, and at STARTTLS goes on with `after`."""

    def talk(caller: socket.socket) -> None:
        caller.sendall(b"220 rude.example ESMTP\r\n")
        for line in lines_and_bodies(caller):
            verb = line[:8].strip().upper()
            caller.sendall(OFFER if verb.startswith(b"EHLO") else b"220 2.0.0 go ahead\r\n")
            if verb == b"STARTTLS":
                return after(caller)
        return None

    return talk


def send(url: str) -> Outcome:
    adapter = Smtp(parse(f"{url}from=a@b.example"))
    letter = Letter(uuid4(), "ann@b.example", "s", "t\n", "<p>t</p>\n", lambda: True)
    try:
        return adapter.send(letter)
    finally:
        adapter.close()


def subscribe(port: int) -> Outcome:
    adapter = Listmonk(parse(f"listmonk+https://u:t@127.0.0.1:{port}/?list=1"))
    return adapter.subscribe(Recipient("ann@b.example", None, None))


def test_smtp_over_tls_refuses_a_certificate_nobody_vouches_for(rude: Rude, certificate: Path) -> None:
    port = rude(behind_tls(certificate, smtp_dialogue({}))).port
    assert send(f"smtps://127.0.0.1:{port}/?") == NOT_VOUCHED_FOR


def test_starttls_refuses_a_certificate_nobody_vouches_for(rude: Rude, certificate: Path) -> None:
    port = rude(offering_starttls(behind_tls(certificate, smtp_dialogue({})))).port
    assert send(f"smtp://127.0.0.1:{port}/?starttls=1&") == NOT_VOUCHED_FOR


def test_starttls_that_was_asked_for_and_is_not_offered_is_not_done_without(rude: Rude) -> None:
    heard: list[bytes] = []
    port = rude(smtp_dialogue({}, heard=heard)).port
    assert send(f"smtp://127.0.0.1:{port}/?starttls=1&") == Retry("email_not_supported", blame=Blame.OPERATOR)
    assert not any(line.upper().startswith(b"MAIL") for line in heard)


def test_a_mail_goes_out_over_tls_where_the_certificate_is_trusted(
    rude: Rude, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.cert")
    over_tls = rude(behind_tls(certificate, smtp_dialogue({}))).port
    assert send(f"smtps://127.0.0.1:{over_tls}/?") == Accepted("RUDE01")
    upgraded = rude(offering_starttls(behind_tls(certificate, smtp_dialogue({"greeting": b""})))).port
    assert send(f"smtp://127.0.0.1:{upgraded}/?starttls=1&") == Accepted("RUDE01")


def test_an_api_whose_certificate_nobody_vouches_for_gets_nothing(rude: Rude, certificate: Path) -> None:
    heard: list[bytes] = []
    server = rude(behind_tls(certificate, lambda caller: heard.append(caller.recv(1))))
    assert subscribe(server.port) == Retry("newsletter_certificate_invalid", blame=Blame.OPERATOR)
    assert heard == []


def test_an_api_is_called_over_tls_where_the_certificate_is_trusted(
    rude: Rude, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.cert")
    assert subscribe(rude(behind_tls(certificate, http_answer(CREATED))).port) == Accepted("3")


def drip_a_handshake(caller: socket.socket) -> None:
    """The head of a record that promises 16 KiB of handshake, and then a byte now and again."""
    caller.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    pause = threading.Event()
    while not pause.wait(0.05):
        caller.sendall(b"\x00")


def say_nothing(caller: socket.socket) -> None:
    while caller.recv(4_096):
        pass


@pytest.mark.parametrize("handshake", [drip_a_handshake, say_nothing])
@pytest.mark.parametrize("protocol", ["smtps", "starttls", "https"])
def test_no_handshake_outlasts_the_deadline(
    rude: Rude, monkeypatch: pytest.MonkeyPatch, handshake: Talk, protocol: str
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_S", 0.6)
    monkeypatch.setattr(listmonk, "TOTAL_S", 0.6)
    server = rude(offering_starttls(handshake) if protocol == "starttls" else handshake)
    calls: dict[str, Callable[[], Outcome]] = {
        "smtps": lambda: send(f"smtps://127.0.0.1:{server.port}/?"),
        "starttls": lambda: send(f"smtp://127.0.0.1:{server.port}/?starttls=1&"),
        "https": lambda: subscribe(server.port),
    }
    outcomes: list[Outcome] = []
    calling = threading.Thread(target=lambda: outcomes.append(calls[protocol]()), daemon=True)
    began = time.monotonic()
    calling.start()
    calling.join(4)
    assert not calling.is_alive(), "it is still shaking hands"
    assert time.monotonic() - began < 4
    assert isinstance(outcomes[0], Retry)
