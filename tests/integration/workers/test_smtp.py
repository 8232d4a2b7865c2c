"""The mail adapter: every reply a server can give, at every moment of the dialogue; mails are counted where they arrive."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from jobs.channels import Letter
from jobs.outcomes import Accepted, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from tests.integration.workers.rude_server import RudeServer, Talk, smtp_dialogue
from tests.sandbox_process import SandboxProcess
from workers.providers import smtp
from workers.providers.dsn import parse
from workers.providers.smtp import Smtp

Dial = Callable[..., Smtp]
Rude = Callable[[Talk], RudeServer]
UNREACHABLE = Retry("email_unreachable")


class Intents:
    """Counts how often the point of no return was asked for, and answers as told."""

    def __init__(self, *, granted: bool = True) -> None:
        self.asked = 0
        self.granted = granted

    def __call__(self) -> bool:
        self.asked += 1
        return self.granted


@pytest.fixture
def dial(sandbox: SandboxProcess) -> Iterator[Dial]:
    """Adapters for the sandbox, or another port."""
    opened: list[Smtp] = []

    def make(port: int = sandbox.smtp_port, login: str = "", more: str = "") -> Smtp:
        opened.append(Smtp(parse(f"smtp://{login}127.0.0.1:{port}/?from=Usher <hello@example.org>{more}")))
        return opened[-1]

    yield make
    for adapter in opened:
        adapter.close()


@pytest.fixture
def adapter(dial: Dial) -> Smtp:
    return dial()


@pytest.fixture
def rude() -> Iterator[Rude]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def letter(to: str = "ann@b.example", intents: Callable[[], bool] | None = None, job: UUID | None = None) -> Letter:
    return Letter(
        job_id=job or uuid4(),
        to=to,
        subject="Welcome",
        text="Hi,\n.\nit is you\n",
        html="<p>Hi</p>\n",
        no_return=intents or Intents(),
    )


def test_a_mail_arrives_as_it_was_written_and_under_its_servers_name(adapter: Smtp, sandbox: SandboxProcess) -> None:
    job = uuid4()
    outcome = adapter.send(letter(job=job))
    (mail,) = sandbox.journal("smtp")
    assert outcome == Accepted(mail["queue_id"])
    assert (mail["to"], mail["from"], mail["key"]) == (["ann@b.example"], "hello@example.org", f"<{job}@example.org>")
    assert mail["text"] == "Hi,\n.\nit is you\n"


MODES = [
    ("down", Retry("email_deferred_421")),
    ("refuse", UNREACHABLE),
    ("error", Retry("email_deferred_451")),
    ("rate_limited", Retry("email_rate_limited", blame=Blame.LIMIT)),
    ("unauthorized", Retry("email_unauthorized", blame=Blame.OPERATOR)),
]


@pytest.mark.parametrize(("mode", "outcome"), MODES)
def test_a_server_in_trouble_takes_no_mail_and_is_tried_again(
    adapter: Smtp, sandbox: SandboxProcess, mode: str, outcome: Outcome
) -> None:
    intents = Intents()
    sandbox.set_mode("smtp", mode)
    assert adapter.send(letter(intents=intents)) == outcome
    assert intents.asked == 0, "nothing was past its point of no return"
    sandbox.set_mode("smtp", "ok")
    assert isinstance(adapter.send(letter()), Accepted)
    assert len(sandbox.journal("smtp", brief=True)) == 1


def test_a_login_that_is_refused_is_the_operators_fault(dial: Dial, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "unauthorized")
    assert dial(login="me:secret@").send(letter()) == Retry("email_unauthorized", blame=Blame.OPERATOR)


def test_a_login_that_is_taken_is_no_trouble(dial: Dial) -> None:
    assert isinstance(dial(login="me:secret@").send(letter()), Accepted)


def test_a_login_at_a_server_that_offers_none_is_the_operators_fault(dial: Dial, rude: Rude) -> None:
    port = rude(smtp_dialogue({})).port
    assert dial(port, login="me:secret@").send(letter()) == Retry("email_not_supported", blame=Blame.OPERATOR)


def test_a_slow_server_is_waited_for(adapter: Smtp, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "slow", latency_ms=200)
    assert isinstance(adapter.send(letter()), Accepted)


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_no_server_holds_a_mail_beyond_its_deadline(
    adapter: Smtp, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_S", 0.7)
    sandbox.set_mode("smtp", mode)
    began = time.monotonic()
    assert adapter.send(letter()) == Retry("email_timeout")
    assert time.monotonic() - began < 6


RECIPIENTS = [
    ("reply-550-5.1.1", Suppressed("email_no_such_mailbox")),
    ("reply-550-5.2.1", Suppressed("email_no_such_mailbox")),
    ("reply-550", Rejected("email_refused_550")),
    ("reply-552-5.2.2", Rejected("email_refused_552")),
    ("reply-554-5.7.1", Retry("email_sender_refused", blame=Blame.EITHER)),
    ("reply-530", Retry("email_unauthorized", blame=Blame.EITHER)),
    ("reply-450-4.2.0", Retry("email_deferred_450", blame=Blame.RECIPIENT)),
    ("reply-452-4.2.2", Retry("email_deferred_452", blame=Blame.RECIPIENT)),
    ("reply-451-4.3.0", Retry("email_deferred_451")),
    ("reply-450-4.7.1", Retry("email_rate_limited", blame=Blame.LIMIT)),
    ("reply-421", Retry("email_deferred_421")),
    ("reply-503", Retry("email_connection_unusable")),
]


@pytest.mark.parametrize(("name", "outcome"), RECIPIENTS)
def test_each_refusal_of_a_recipient_has_its_outcome_and_its_neighbour_pays_nothing(
    adapter: Smtp, sandbox: SandboxProcess, name: str, outcome: Outcome
) -> None:
    intents = Intents()
    assert adapter.send(letter(f"{name}@b.example", intents)) == outcome
    assert intents.asked == 0
    assert isinstance(adapter.send(letter("neighbour@b.example")), Accepted)
    assert [mail["to"] for mail in sandbox.journal("smtp", brief=True)] == [["neighbour@b.example"]]


def test_the_point_of_no_return_is_asked_for_once_and_right_before_the_data(dial: Dial, rude: Rude) -> None:
    heard: list[bytes] = []
    seen: list[bytes] = []

    def no_return() -> bool:
        seen.append(heard[-1])
        return True

    adapter = dial(rude(smtp_dialogue({}, heard=heard)).port)
    assert adapter.send(letter(intents=no_return)) == Accepted("RUDE01")
    assert [line.upper() for line in seen] == [b"RCPT TO:<ANN@B.EXAMPLE>\r\n"]


def test_a_claim_that_was_fenced_off_sends_nothing_and_leaves_the_connection_in_good_order(
    adapter: Smtp, sandbox: SandboxProcess
) -> None:
    fenced = Intents(granted=False)
    assert adapter.send(letter(intents=fenced)) == Retry("fenced_off", blame=Blame.OURS)
    assert isinstance(adapter.send(letter("bob@b.example")), Accepted)
    assert [mail["to"] for mail in sandbox.journal("smtp", brief=True)] == [["bob@b.example"]]


def test_a_mail_whose_answer_was_lost_is_in_doubt(adapter: Smtp, sandbox: SandboxProcess) -> None:
    intents = Intents()
    sandbox.set_mode("smtp", "commit_then_drop")
    assert adapter.send(letter(intents=intents)) == Unknown("email_connection_lost_after_data")
    assert (intents.asked, len(sandbox.journal("smtp", brief=True))) == (1, 1)


AFTER_THE_DOT: list[tuple[bytes | None, Outcome]] = [
    (None, Unknown("email_connection_lost_after_data")),
    (b"2", Unknown("email_unexpected_answer_after_data")),
    (b"25", Unknown("email_unexpected_answer_after_data")),
    (b"45", Unknown("email_unexpected_answer_after_data")),
    (b"??? what\r\n", Unknown("email_unexpected_answer_after_data")),
    (b"354 go on\r\n", Unknown("email_unexpected_answer_after_data")),
    (b"250-one\r\n250-two", Unknown("email_connection_lost_after_data")),
    (b"250 2.0.0 Ok: queued as ABCD1234\r\n", Accepted("ABCD1234")),
    (b"250-2.0.0 Ok\r\n250 id=EFGH5678\r\n", Accepted("EFGH5678")),
    (b"451 4.3.0 later\r\n", Retry("email_deferred_451")),
    (b"421 4.3.2 closing\r\n", Retry("email_deferred_421")),
    (b"554 5.6.0 no\r\n", Rejected("email_refused_554")),
    (b"550 5.1.1 nobody\r\n", Suppressed("email_no_such_mailbox")),
]


@pytest.mark.parametrize(("reply", "outcome"), AFTER_THE_DOT, ids=lambda value: repr(value)[:40])
def test_after_the_final_dot_only_a_whole_refusal_means_that_it_was_not_taken(
    dial: Dial, rude: Rude, reply: bytes | None, outcome: Outcome
) -> None:
    assert dial(rude(smtp_dialogue({".": reply})).port).send(letter()) == outcome


def test_silence_after_the_final_dot_is_doubt_when_the_time_is_up(
    dial: Dial, rude: Rude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_S", 0.5)
    outcome = dial(rude(smtp_dialogue({".": b""})).port).send(letter())
    assert outcome == Unknown("email_timeout_after_data")


@pytest.mark.parametrize("moment", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [None, b"2", b"", b"garbage\r\n"], ids=["hangs up", "half", "silent", "garbage"])
def test_whatever_breaks_before_the_final_dot_is_certainly_not_processed(
    dial: Dial, rude: Rude, monkeypatch: pytest.MonkeyPatch, moment: str, reply: bytes | None
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_S", 0.5)
    outcome = dial(rude(smtp_dialogue({moment: reply, "HELO": None if moment == "EHLO" else b"250 x\r\n"})).port).send(
        letter()
    )
    assert isinstance(outcome, Retry)
    assert outcome.blame is Blame.PROVIDER


@pytest.mark.parametrize("address", ["", "nobody", "ann@", "änn@b.example", "ann@b.example\r\nRCPT TO:<eve@b.example>"])
def test_an_address_that_cannot_be_written_to_is_refused_before_anybody_is_called(
    dial: Dial, rude: Rude, address: str
) -> None:
    server = rude(smtp_dialogue({}))
    assert dial(server.port).send(letter(address)) == Rejected("email_address_rejected")
    assert server.calls == 0


@pytest.mark.parametrize(
    "address", ["eve@b.example, ann@b.example", "Ann <eve@b.example> x@b.example", "a b@b.example"]
)
def test_an_address_with_something_in_it_reaches_nobody_else(dial: Dial, rude: Rude, address: str) -> None:
    heard: list[bytes] = []
    assert dial(rude(smtp_dialogue({}, heard=heard)).port).send(letter(address)) == Rejected("email_address_rejected")
    assert not any(line.upper().startswith(b"RCPT") for line in heard)


@pytest.mark.parametrize("address", ["o'neil+news@b.example", "a.b_c-d@sub.b.example", "{odd}|~@b.example"])
def test_an_address_is_named_to_the_server_as_it_is(adapter: Smtp, sandbox: SandboxProcess, address: str) -> None:
    assert isinstance(adapter.send(letter(address)), Accepted)
    (mail,) = sandbox.journal("smtp")
    assert mail["to"] == [address]
    assert ["To", address] in mail["headers"]


def worded(**changes: str) -> Letter:
    """A letter with other words in it."""
    return replace(letter(), **changes)


LEAVE = "https://signup.example.org/unsubscribe/" + "eyJ-t0k_en." * 30


def test_a_mail_says_how_to_leave_on_one_line_and_that_one_click_is_enough(
    adapter: Smtp, sandbox: SandboxProcess
) -> None:
    assert isinstance(adapter.send(worded(unsubscribe=LEAVE)), Accepted)
    (mail,) = sandbox.journal("smtp")
    assert ["List-Unsubscribe", f"<{LEAVE}>"] in mail["headers"]
    assert ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"] in mail["headers"]
    assert f"\r\nList-Unsubscribe: <{LEAVE}>\r\n" in mail["raw"]


def test_a_mail_that_nobody_can_leave_does_not_speak_of_it(adapter: Smtp, sandbox: SandboxProcess) -> None:
    assert isinstance(adapter.send(letter()), Accepted)
    assert "List-Unsubscribe" not in sandbox.journal("smtp")[0]["raw"]


def test_a_german_mail_arrives_as_it_was_written(adapter: Smtp, sandbox: SandboxProcess) -> None:
    text = f"Grüße,\n.\nschöne Straße: {LEAVE}\n"
    german = worded(subject="Bitte bestätige deine Anmeldung für „Über uns“", text=text, html=f"<p>{text}</p>\n")
    assert isinstance(adapter.send(german), Accepted)
    (mail,) = sandbox.journal("smtp")
    assert (mail["subject"], mail["text"], mail["html"]) == (german.subject, text, f"<p>{text}</p>\n")
    assert mail["raw"].isascii()


@pytest.mark.parametrize(
    ("field", "hostile"),
    [
        ("subject", "Hi\r\nBcc: all@c.example"),
        ("subject", "Hi\n"),
        ("subject", "Hi\0there"),
        ("unsubscribe", f"{LEAVE}\r\nBcc: all@c.example"),
        ("unsubscribe", "mailto:all@c.example"),
        ("text", "lone \ud800"),
        ("html", "lone \ud800"),
    ],
)
def test_a_letter_that_would_become_something_else_reaches_nobody(
    dial: Dial, rude: Rude, field: str, hostile: str
) -> None:
    server = rude(smtp_dialogue({}))
    assert dial(server.port).send(worded(**{field: hostile})) == Rejected("email_not_writable")
    assert server.calls == 0


@pytest.mark.parametrize("field", ["text", "html"])
def test_no_text_of_a_letter_becomes_a_header_a_command_or_the_end(
    adapter: Smtp, sandbox: SandboxProcess, field: str
) -> None:
    hostile = "Bcc: all@c.example\r\n\r\n.\r\nMAIL FROM:<eve@c.example>\r\nRCPT TO:<all@c.example>\r\nDATA\r\n"
    assert isinstance(adapter.send(worded(**{field: hostile})), Accepted)
    (mail,) = sandbox.journal("smtp")
    assert mail[field] == hostile.replace("\r\n", "\n")
    assert "Bcc" not in [name for name, _ in mail["headers"]]
