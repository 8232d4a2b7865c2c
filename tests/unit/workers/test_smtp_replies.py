"""What an SMTP reply means, row by row of docs/providers.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed
from workers.providers.smtp_replies import HARD_BOUNCES, Phase, queue_id, sort

EVERY = list(Phase)
NAMED = [Phase.RECIPIENT, Phase.DATA]
BEFORE = [phase for phase in EVERY if phase not in NAMED]
NO_MAILBOX = Suppressed("email_no_such_mailbox")
SENDER = Retry("email_sender_refused", blame=Blame.OPERATOR)
MAYBE_SENDER = Retry("email_sender_refused", blame=Blame.EITHER)
CREDENTIALS = Retry("email_unauthorized", blame=Blame.OPERATOR)
MAYBE_CREDENTIALS = Retry("email_unauthorized", blame=Blame.EITHER)
LIMITED = Retry("email_rate_limited", blame=Blame.LIMIT)

POLICY = [
    (553, b"5.1.7 bad sender"),
    (550, b"5.1.8 bad sender's domain"),
    (550, b"5.7.1 not permitted"),
    (554, b"5.7.1 <ann@b.example>: Recipient address rejected: Access denied"),
    (550, b"5.7.26 unauthenticated mail"),
]
ROWS = [
    *((phase, 421, b"4.3.2 closing", Retry("email_deferred_421")) for phase in EVERY),
    *((phase, 451, b"4.3.0 write error", Retry("email_deferred_451")) for phase in EVERY),
    *((phase, 454, b"TLS not available", Retry("email_deferred_454")) for phase in EVERY),
    *((phase, 499, b"never heard of", Retry("email_deferred_499")) for phase in EVERY),
    (Phase.RECIPIENT, 450, b"4.2.0 grey list", Retry("email_deferred_450", blame=Blame.RECIPIENT)),
    (Phase.RECIPIENT, 452, b"4.2.2 full", Retry("email_deferred_452", blame=Blame.RECIPIENT)),
    (Phase.DATA, 450, b"4.2.0 busy", Retry("email_deferred_450")),
    (Phase.SENDER, 452, b"4.3.1 out of storage", Retry("email_deferred_452")),
    *((phase, 450, b"4.7.1 too many messages", LIMITED) for phase in EVERY),
    *((phase, 451, b"4.7.0 slow down", LIMITED) for phase in EVERY),
    *((Phase.RECIPIENT, 550, code.encode() + b" unknown", NO_MAILBOX) for code in sorted(HARD_BOUNCES)),
    *((Phase.DATA, 550, code.encode() + b" unknown", NO_MAILBOX) for code in sorted(HARD_BOUNCES)),
    *((phase, code, b"authenticate", CREDENTIALS) for phase in BEFORE for code in (530, 534, 535, 538)),
    *((phase, code, b"authenticate", MAYBE_CREDENTIALS) for phase in NAMED for code in (530, 534, 535, 538)),
    *((phase, code, reply, SENDER) for phase in BEFORE for code, reply in POLICY),
    *((phase, code, reply, MAYBE_SENDER) for phase in NAMED for code, reply in POLICY),
    *((Phase.RECIPIENT, 550, reply, Rejected("email_recipient_refused")) for reply in (b"5.7.2 list", b"5.7.13 off")),
    (Phase.SENDER, 550, b"no enhanced code", SENDER),
    (Phase.GREETING, 554, b"no service here", SENDER),
    (Phase.LOGIN, 504, b"unrecognised mechanism", SENDER),
    (Phase.RECIPIENT, 550, b"no enhanced code", Rejected("email_refused_550")),
    (Phase.RECIPIENT, 552, b"5.2.2 mailbox full", Rejected("email_refused_552")),
    (Phase.DATA, 554, b"5.6.0 we do not like it", Rejected("email_refused_554")),
    *((phase, 503, b"5.5.1 bad sequence", Retry("email_connection_unusable")) for phase in EVERY),
    *((phase, -1, b"", Retry("email_connection_unusable")) for phase in EVERY),
]


@pytest.mark.parametrize(("phase", "code", "reply", "outcome"), ROWS)
def test_each_reply_has_its_outcome(phase: Phase, code: int, reply: bytes, outcome: Outcome) -> None:
    assert sort(phase, code, reply) == outcome


@given(st.sampled_from(EVERY), st.integers(-1, 999), st.binary(max_size=60))
def test_no_reply_is_without_an_outcome_and_none_is_a_success(phase: Phase, code: int, reply: bytes) -> None:
    assert isinstance(sort(phase, code, reply), Retry | Rejected | Suppressed)


@given(st.sampled_from(EVERY), st.integers(400, 599), st.from_regex(rb"\A[45]\.\d\.\d <ann@b\.example>: .{0,20}\Z"))
def test_the_text_of_a_reply_which_quotes_addresses_stays_behind(phase: Phase, code: int, reply: bytes) -> None:
    assert "ann" not in repr(sort(phase, code, reply))


@pytest.mark.parametrize("phase", [Phase.GREETING, Phase.LOGIN, Phase.SENDER])
def test_nothing_said_before_a_recipient_was_named_is_that_recipients_fault(phase: Phase) -> None:
    for code in (*range(400, 560), -1):
        for reply in (b"", b"5.1.1 unknown", b"5.7.1 no"):
            found = sort(phase, code, reply)
            assert isinstance(found, Retry), (code, reply)
            assert found.blame not in {Blame.RECIPIENT, Blame.EITHER}


@given(st.sampled_from(NAMED), st.integers(-1, 999), st.from_regex(rb"\A[45]\.[0-9]\.[0-9]{1,2} no\Z"))
def test_nothing_said_of_somebody_who_was_named_is_held_against_all_at_once(
    phase: Phase, code: int, reply: bytes
) -> None:
    found = sort(phase, code, reply)
    assert not isinstance(found, Retry) or found.blame is not Blame.OPERATOR


@pytest.mark.parametrize("reply", [b"5.1.10", b"5.1.1"])
def test_a_code_is_read_to_its_end(reply: bytes) -> None:
    assert sort(Phase.RECIPIENT, 550, reply) == NO_MAILBOX
    assert sort(Phase.RECIPIENT, 550, reply + b"9") == Rejected("email_refused_550")


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (b"2.0.0 Ok: queued as 4XYZ12AB", "4XYZ12AB"),
        (b"OK id=1rAbCd-0001-Xy", "1rAbCd-0001-Xy"),
        (b"2.6.0 <x@y> Queued mail, queue-id: ABCD-99", "ABCD-99"),
        (b"Ok", None),
        (b"", None),
        (b"queued as \xff\xfe", None),
    ],
)
def test_the_servers_own_name_for_a_mail_is_found_where_it_gives_one(reply: bytes, name: str | None) -> None:
    assert queue_id(reply) == name
