"""Mailchimp's adapter, people who go or come back, and answers that are rude: nobody goes or comes on somebody else's record."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.mailchimp_going import (
    ANN,
    GO,
    LIMITED,
    LIST,
    NOT_FOUND,
    UNEXPECTED,
    adapter_for,
    both,
)
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another, read_exactly
from workers.providers.mailchimp_calls import Calls
from workers.providers.mailchimp_members import put_back


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


CLOSING = "Connection: close\r\n"


def member(address: object = ANN.address, status: object = "subscribed") -> dict[str, object]:
    return {"id": "m", "email_address": address, "status": status, "contact_id": "c1"}


def turn(answer: object, status: str = "200 OK") -> Talk:
    return http_answer(answer if isinstance(answer, bytes) else json.dumps(answer).encode(), status, CLOSING)


NOT_THEIRS = [
    member("eve@b.example"),
    member(None),
    member([ANN.address]),
    member(status=None),
    member(status=["subscribed"]),
    member(status="on holiday"),
    {},
    [],
    None,
    b"",
    b"<html>",
    b"\xff",
    b"[" * 100_000,
]


@pytest.mark.parametrize("answer", NOT_THEIRS, ids=lambda one: str(one)[:50])
def test_nobody_is_taken_off_on_somebody_elses_record(rude: Callable[[Talk], RudeServer], answer: object) -> None:
    server = rude(turn(answer))
    assert adapter_for(server.port).unsubscribe(ANN) == UNEXPECTED
    assert server.calls == 1, "nothing is changed on such an answer"


@pytest.mark.parametrize("answer", [member(), *NOT_THEIRS], ids=lambda one: str(one)[:50])
def test_nobody_counts_as_gone_before_mailchimp_says_so_of_them(
    rude: Callable[[Talk], RudeServer], answer: object
) -> None:
    server = rude(one_after_another(turn(member()), turn(answer)))
    assert adapter_for(server.port).unsubscribe(ANN) == UNEXPECTED
    assert server.calls == 2


EXISTS = {"errors": [{"email_address": ANN.address, "error": "x", "error_code": "ERROR_CONTACT_EXISTS"}]}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (member(), Accepted("c1")),
        (member(status="pending"), Suppressed("newsletter_pending")),
        (member(status="unsubscribed"), Suppressed("newsletter_unsubscribed")),
        *((one, UNEXPECTED) for one in NOT_THEIRS),
    ],
    ids=lambda one: str(one)[:50],
)
def test_somebody_is_back_when_mailchimp_says_so_of_them(
    rude: Callable[[Talk], RudeServer], answer: object, outcome: Outcome
) -> None:
    server = rude(one_after_another(turn(EXISTS), turn(member(status="unsubscribed")), turn(answer)))
    assert adapter_for(server.port).subscribe(ANN, proven=True) == outcome
    assert server.calls == 3


def test_somebody_erased_while_they_come_back_is_tried_again(rude: Callable[[Talk], RudeServer]) -> None:
    turns = turn(EXISTS), turn(member(status="unsubscribed")), turn({}, "404 Not Found"), turn({"id": LIST})
    server = rude(one_after_another(*turns))
    assert adapter_for(server.port).subscribe(ANN, proven=True) == Retry("newsletter_lookup_empty")


def test_each_call_for_somebody_has_what_time_is_left_and_not_what_the_call_before_it_had(
    rude: Callable[[Talk], RudeServer],
) -> None:
    server = rude(one_after_another(turn({}, "404 Not Found"), lambda caller: read_exactly(caller, 1_000_000)))
    calls = Calls(f"http://127.0.0.1:{server.port}", user="any", key="key", connections=1)
    left = iter([10.0, 0.3])
    assert put_back(calls, ANN.address, lambda: next(left)) == Retry("newsletter_timeout")
    assert list(left) == []
    assert server.calls == 2


PROBLEM = b'{"title": "%s", "status": 400, "detail": "x"}'
STATUSES: list[tuple[str, bytes, Outcome, Outcome]] = [  # of leaving, of erasing
    ("200 OK", b"{}", UNEXPECTED, UNEXPECTED),
    ("301 Moved", b"{}", *[Retry("newsletter_redirects", blame=Blame.OPERATOR)] * 2),
    ("400 Bad Request", PROBLEM % b"Invalid Resource", *[Rejected("newsletter_rejected")] * 2),
    ("400 Bad Request", PROBLEM % b"Member Exists", UNEXPECTED, UNEXPECTED),
    ("400 Bad Request", PROBLEM % b"Forgotten Email Not Subscribed", Already(), Already()),
    ("400 Bad Request", PROBLEM % b"Member In Compliance State", Already(), Rejected("newsletter_compliance")),
    ("400 Bad Request", b"<html>", UNEXPECTED, UNEXPECTED),
    ("401 Unauthorized", b"{}", *[Retry("newsletter_unauthorized", blame=Blame.OPERATOR)] * 2),
    ("403 Forbidden", b"<html>", LIMITED, LIMITED),
    (
        "405 Method Not Allowed",
        PROBLEM % b"Method Not Allowed",
        Retry("newsletter_http_405", blame=Blame.OPERATOR),
        Rejected("newsletter_not_removable"),
    ),
    ("405 Method Not Allowed", b"<html>", *[Retry("newsletter_http_405", blame=Blame.OPERATOR)] * 2),
    ("429 Too Many Requests", b"{}", LIMITED, LIMITED),
    ("502 Bad Gateway", b"<html>", *[Retry("newsletter_unavailable")] * 2),
]


@pytest.mark.parametrize(("status", "body", "leaving", "erasing"), STATUSES)
def test_each_status_has_its_outcome_and_nobody_is_passed_over(
    rude: Callable[[Talk], RudeServer], status: str, body: bytes, leaving: Outcome, erasing: Outcome
) -> None:
    assert adapter_for(rude(turn(body, status)).port).erase(ANN) == erasing
    server = rude(one_after_another(turn(member()), turn(body, status)))
    assert adapter_for(server.port).unsubscribe(ANN) == leaving


LISTS: list[tuple[str, object, Outcome]] = [
    ("200 OK", {"id": LIST}, Already()),
    ("200 OK", {}, UNEXPECTED),
    ("200 OK", b"<html>", UNEXPECTED),
    ("404 Not Found", {}, NOT_FOUND),
    ("500 Internal Server Error", {}, Retry("newsletter_unavailable")),
    ("429 Too Many Requests", b"", LIMITED),
]


@both
@pytest.mark.parametrize(("status", "answer", "outcome"), LISTS)
def test_nobody_is_said_to_be_gone_before_the_list_was_found(
    rude: Callable[[Talk], RudeServer], what: str, status: str, answer: object, outcome: Outcome
) -> None:
    server = rude(one_after_another(turn({}, "404 Not Found"), turn(answer, status)))
    assert GO[what](adapter_for(server.port)) == outcome
    assert server.calls == 2


def test_somebody_erased_while_they_leave_is_gone(rude: Callable[[Talk], RudeServer]) -> None:
    turns = turn(member()), turn({}, "404 Not Found"), turn({"id": LIST})
    assert adapter_for(rude(one_after_another(*turns)).port).unsubscribe(ANN) == Already()
