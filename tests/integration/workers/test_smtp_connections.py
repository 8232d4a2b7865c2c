"""Connections to a mail server: one carries many mails, and a mail never pays for what became of the last."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from jobs.channels import Letter
from jobs.outcomes import Accepted, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from tests.integration.workers.rude_server import HELLO, RudeServer, Talk, lines, one_after_another, smtp_dialogue
from tests.sandbox_process import SandboxProcess
from tests.waiting import eventually
from workers.providers import smtp, smtp_connections
from workers.providers.dsn import parse
from workers.providers.smtp import Smtp

Dial = Callable[[int], Smtp]
Rude = Callable[[Talk], RudeServer]
TAKEN = Accepted("RUDE01")
PIPELINING = {"EHLO": b"250-rude.example\r\n250 PIPELINING\r\n"}


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Adapters for the server on a port."""
    with ExitStack() as opened:

        def make(port: int) -> Smtp:
            adapter = Smtp(parse(f"smtp://127.0.0.1:{port}/?from=hello@example.org"))
            opened.callback(adapter.close)
            return adapter

        yield make


@pytest.fixture
def rude() -> Iterator[Rude]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def letter(to: str = "ann@b.example", no_return: Callable[[], bool] = lambda: True) -> Letter:
    return Letter(job_id=uuid4(), to=to, subject="Welcome", text="Hi\n", html="<p>Hi</p>\n", no_return=no_return)


def test_one_connection_carries_many_mails(dial: Dial, rude: Rude) -> None:
    server = rude(smtp_dialogue({}))
    adapter = dial(server.port)
    assert [adapter.send(letter()) for _ in range(10)] == [TAKEN] * 10
    assert server.calls == 1


def test_mails_at_once_have_a_connection_each_and_keep_them(dial: Dial, rude: Rude) -> None:
    server = rude(smtp_dialogue({}))
    adapter = dial(server.port)
    meet = threading.Barrier(4)

    def no_return() -> bool:
        meet.wait(5)
        return True

    for _ in range(3):
        sending = [threading.Thread(target=lambda: adapter.send(letter(no_return=no_return))) for _ in range(4)]
        for thread in sending:
            thread.start()
        for thread in sending:
            thread.join()
    assert server.calls == 4


def test_a_connection_the_server_has_closed_meanwhile_is_found_out_before_it_matters(
    dial: Dial, sandbox: SandboxProcess
) -> None:
    adapter = dial(sandbox.smtp_port)
    assert isinstance(adapter.send(letter()), Accepted)
    sandbox.set_mode("smtp", "refuse")
    sandbox.set_mode("smtp", "ok")
    intents: list[bool] = []
    assert isinstance(adapter.send(letter(no_return=lambda: not intents.append(True))), Accepted)
    assert (len(intents), len(sandbox.journal("smtp", brief=True))) == (1, 2)


def test_a_connection_that_was_idle_for_too_long_is_not_trusted(
    dial: Dial, rude: Rude, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rude(smtp_dialogue({}))
    adapter = dial(server.port)
    adapter.send(letter())
    monkeypatch.setattr(smtp_connections, "IDLE_S", 0.0)
    adapter.send(letter())
    assert server.calls == 2


@pytest.mark.parametrize(("moment", "reply"), [("MAIL", b"503 5.5.1 no\r\n"), ("DATA", b"503 5.5.1 no\r\n")])
def test_a_connection_on_which_the_sequence_is_lost_is_given_up(
    dial: Dial, rude: Rude, moment: str, reply: bytes
) -> None:
    server = rude(smtp_dialogue({moment: reply}))
    adapter = dial(server.port)
    assert adapter.send(letter()) == Retry("email_connection_unusable")
    adapter.send(letter())
    assert server.calls == 2


def test_a_mail_after_another_costs_three_exchanges_and_no_more(dial: Dial, rude: Rude) -> None:
    heard: list[bytes] = []
    adapter = dial(rude(smtp_dialogue(PIPELINING, heard=heard)).port)
    adapter.send(letter())
    heard.clear()
    adapter.send(letter("bob@b.example"))
    assert heard[:3] == [b"MAIL FROM:<hello@example.org>\r\n", b"RCPT TO:<bob@b.example>\r\n", b"DATA\r\n"]
    assert heard[-1] == b".\r\n"


def in_one_go(caller: socket.socket) -> None:
    """Says nothing to MAIL before it has heard RCPT too, as a server may that offers pipelining."""
    caller.sendall(HELLO["greeting"])
    heard = lines(caller)
    next(heard)
    caller.sendall(PIPELINING["EHLO"])
    for line in heard:
        if line.startswith(b"MAIL"):
            assert next(heard).startswith(b"RCPT")
            caller.sendall(HELLO["MAIL"] + HELLO["RCPT"])
        elif line == b"DATA\r\n":
            caller.sendall(HELLO["DATA"])
        elif line == b".\r\n":
            caller.sendall(HELLO["."])


def test_sender_and_recipient_are_named_together_where_the_server_lets_us(dial: Dial, rude: Rude) -> None:
    adapter = dial(rude(in_one_go).port)
    assert [adapter.send(letter()) for _ in range(3)] == [TAKEN] * 3


REFUSED_IN_ONE_GO: list[tuple[dict[str, bytes | None], Outcome]] = [
    (
        {"MAIL": b"550 5.1.8 no\r\n", "RCPT": b"503 5.5.1 no sender\r\n"},
        Retry("email_sender_refused", blame=Blame.OPERATOR),
    ),
    ({"MAIL": b"451 4.3.0 later\r\n", "RCPT": b"503 5.5.1 no sender\r\n"}, Retry("email_deferred_451")),
    ({"RCPT": b"550 5.1.1 nobody\r\n"}, Suppressed("email_no_such_mailbox")),
    ({"RCPT": b"450 4.2.0 busy\r\n"}, Retry("email_deferred_450", blame=Blame.RECIPIENT)),
    ({"RCPT": None}, Retry("email_unreachable")),
    ({"MAIL": None}, Retry("email_unreachable")),
    ({"DATA": b"554 5.6.0 no\r\n"}, Rejected("email_refused_554")),
    ({".": None}, Unknown("email_connection_lost_after_data")),
]


@pytest.mark.parametrize(("changes", "outcome"), REFUSED_IN_ONE_GO, ids=lambda value: repr(value)[:50])
def test_pipelined_or_not_an_answer_means_the_same(
    dial: Dial, rude: Rude, changes: dict[str, bytes | None], outcome: Outcome
) -> None:
    intents: list[bool] = []
    for offer in (PIPELINING, {}):
        adapter = dial(rude(smtp_dialogue({**offer, **changes})).port)
        assert adapter.send(letter(no_return=lambda: not intents.append(True))) == outcome
    assert len(intents) == (2 if {"DATA", "."} & set(changes) else 0), "refused before its point of no return"


@pytest.mark.parametrize("reply", [b"550 5.1.1 nobody\r\n", b"450 4.2.0 busy\r\n"])
def test_a_refused_recipient_does_not_cost_the_next_one_the_connection(dial: Dial, rude: Rude, reply: bytes) -> None:
    heard: list[bytes] = []
    server = rude(smtp_dialogue({"RCPT": reply}, heard=heard))
    adapter = dial(server.port)
    for _ in range(5):
        adapter.send(letter())
    assert server.calls == 1
    begun = [line[:4].upper() for line in heard if line[:4].upper() in {b"MAIL", b"RSET"}]
    assert begun == [b"MAIL", b"RSET"] * 5, "what was begun is forgotten before the next begins"


SENDER_REFUSED = [
    (b"452 4.3.1 out of storage\r\n", Retry("email_deferred_452")),
    (b"450 4.7.1 too many messages\r\n", Retry("email_rate_limited", blame=Blame.LIMIT)),
    (b"530 5.7.0 log in first\r\n", Retry("email_unauthorized", blame=Blame.OPERATOR)),
    (b"550 5.1.8 no\r\n", Retry("email_sender_refused", blame=Blame.OPERATOR)),
]


@pytest.mark.parametrize(("reply", "outcome"), SENDER_REFUSED)
@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelined"])
def test_a_connection_on_which_the_sender_was_refused_is_given_up(
    dial: Dial, rude: Rude, offer: dict[str, bytes | None], reply: bytes, outcome: Outcome
) -> None:
    server = rude(one_after_another(smtp_dialogue({**offer, "MAIL": reply}), smtp_dialogue(offer)))
    adapter = dial(server.port)
    assert [adapter.send(letter()) for _ in range(3)] == [outcome, TAKEN, TAKEN]
    assert server.calls == 2


@pytest.mark.parametrize(("reply", "outcome"), SENDER_REFUSED)
@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelined"])
def test_a_kept_connection_that_has_lost_its_login_or_its_server_is_replaced_before_anything_is_held_against_anybody(
    dial: Dial, rude: Rude, offer: dict[str, bytes | None], reply: bytes, outcome: Outcome
) -> None:
    """The second connection is as good as the first was; the third mail finds that no better one is to be had."""
    once = rude(
        one_after_another(good_for_one_mail(offer, reply), good_for_one_mail(offer, reply), refusing(offer, reply))
    )
    adapter = dial(once.port)
    assert [adapter.send(letter()) for _ in range(3)] == [TAKEN, TAKEN, outcome]
    assert once.calls == 3


def refusing(offer: dict[str, bytes | None], reply: bytes) -> Talk:
    return smtp_dialogue({**offer, "MAIL": reply})


def good_for_one_mail(offer: dict[str, bytes | None], reply: bytes) -> Talk:
    """Takes one mail, and refuses the sender of every other with this reply."""
    talk = smtp_dialogue(offer)

    def one(caller: socket.socket) -> None:
        talk(_Tired(caller, reply))  # type: ignore[arg-type]

    return one


class _Tired:
    """A connection whose server has had enough after one mail."""

    def __init__(self, caller: socket.socket, reply: bytes) -> None:
        self._caller = caller
        self._reply = reply
        self._has_taken = False
        self.makefile = caller.makefile

    def sendall(self, data: bytes) -> None:
        self._caller.sendall(self._reply if self._has_taken and data == HELLO["MAIL"] else data)
        self._has_taken = self._has_taken or data == HELLO["."]


@pytest.mark.parametrize("code", [530, 535])
def test_a_connection_that_wants_a_login_at_a_recipient_is_given_up(dial: Dial, rude: Rude, code: int) -> None:
    server = rude(smtp_dialogue({"RCPT": b"%d 5.7.0 log in first\r\n" % code}))
    adapter = dial(server.port)
    for _ in range(2):
        assert adapter.send(letter()) == Retry("email_unauthorized", blame=Blame.EITHER)
    assert server.calls == 2


def test_a_mail_that_was_fenced_off_leaves_the_connection_to_the_next(dial: Dial, rude: Rude) -> None:
    server = rude(smtp_dialogue({}))
    adapter = dial(server.port)
    assert adapter.send(letter(no_return=lambda: False)) == Retry("fenced_off", blame=Blame.OURS)
    assert adapter.send(letter()) == TAKEN
    assert server.calls == 1


def test_a_server_that_will_not_begin_anew_loses_the_connection(dial: Dial, rude: Rude) -> None:
    server = rude(smtp_dialogue({"RCPT": b"550 5.1.1 nobody\r\n", "RSET": b"500 5.5.1 what?\r\n"}))
    adapter = dial(server.port)
    for _ in range(2):
        assert adapter.send(letter()) == Suppressed("email_no_such_mailbox")
    assert server.calls == 2


@pytest.mark.parametrize("goodbye", [b"", b"421 4.4.2 idle for too long\r\n"])
@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelined"])
def test_a_server_that_hangs_up_after_each_mail_takes_every_mail_all_the_same(
    dial: Dial, rude: Rude, goodbye: bytes, offer: dict[str, bytes | None]
) -> None:
    talk = smtp_dialogue({**offer, ".": HELLO["."] + goodbye})

    def one_mail(caller: socket.socket) -> None:
        talk(_Once(caller, HELLO["."]))  # type: ignore[arg-type]

    server = rude(one_mail)
    adapter = dial(server.port)
    assert [adapter.send(letter()) for _ in range(4)] == [TAKEN] * 4
    assert server.calls == 4


class _Once:
    """A connection that is closed by this side as soon as a mail was taken on it."""

    def __init__(self, caller: socket.socket, last: bytes) -> None:
        self._caller = caller
        self._last = last
        self.makefile = caller.makefile

    def sendall(self, data: bytes) -> None:
        self._caller.sendall(data)
        if data.startswith(self._last):
            self._caller.shutdown(socket.SHUT_RDWR)


def test_a_kept_connection_that_fell_silent_holds_a_mail_no_longer_than_its_deadline(
    dial: Dial, rude: Rude, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallen = threading.Event()

    def talk(caller: socket.socket) -> None:
        caller.sendall(HELLO["greeting"])
        for line in lines(caller):
            if not fallen.is_set():
                verb = "." if line == b".\r\n" else line[:4].decode().strip().upper()
                caller.sendall(HELLO.get(verb, b""))

    adapter = dial(rude(talk).port)
    assert adapter.send(letter()) == TAKEN
    fallen.set()
    monkeypatch.setattr(smtp, "TOTAL_S", 0.5)
    began = time.monotonic()
    assert adapter.send(letter()) == Retry("email_timeout")
    assert time.monotonic() - began < 4


def test_closing_says_goodbye_and_does_not_wait_for_servers_that_do_not_answer(
    dial: Dial, rude: Rude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_connections, "GOODBYE_S", 0.3)
    heard: list[bytes] = []
    adapter = dial(rude(smtp_dialogue({"QUIT": b""}, heard=heard)).port)
    adapter.send(letter())
    began = time.monotonic()
    adapter.close()
    assert time.monotonic() - began < 3
    assert eventually(lambda: b"quit\r\n" in heard)
