"""Mailchimp's adapter and answers that are wrong about people: nobody is ever done on somebody else's row."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another
from tests.sandbox_process import SandboxProcess
from workers.providers.dsn import parse
from workers.providers.mailchimp import Mailchimp
from workers.providers.mailchimp_people import member_name

PEOPLE = [Recipient(f"p{n}@b.example", None, None) for n in range(6)]
UNEXPECTED = Retry("newsletter_unexpected_answer")
NO_ROW = Retry("newsletter_row_missing", blame=Blame.RECIPIENT)
CONTRADICTED = Retry("newsletter_rows_contradict", blame=Blame.RECIPIENT)
LIMITED = Retry("newsletter_rate_limited", blame=Blame.LIMIT)
RATE = "newsletter_rate_limited"


def adapter_for(port: int) -> Mailchimp:
    return Mailchimp(parse(f"mailchimp+http://any:key@127.0.0.1:{port}/?list=a1b2c3d4e5"))


@pytest.fixture
def account(sandbox: SandboxProcess) -> SandboxProcess:
    sandbox.set_mode("mailchimp", "ok")
    sandbox.clear("mailchimp")
    return sandbox


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def contacts(account: SandboxProcess) -> dict[str, str]:
    """By address, the contact's id as the receiving end has it."""
    return {entry["key"]: entry["id"] for entry in account.journal("mailchimp")}


def on_their_own_rows(account: SandboxProcess, outcomes: list[Outcome]) -> list[bool]:
    """For each person whether they were marked done; AssertionError if with somebody else's id."""
    ids = contacts(account)
    done = [isinstance(one, Accepted | Already) for one in outcomes]
    for person, outcome, is_done in zip(PEOPLE, outcomes, done, strict=True):
        if is_done:
            assert outcome.provider_id == ids[person.address]
    return done


RUDE_ANSWERS = [
    ("fewer", [True, False] * 3, NO_ROW),
    ("reordered", [True] * 6, None),
    ("other_case", [True] * 6, None),
    ("doubled", [True] * 6, None),
    ("stranger", [True] * 5 + [False], NO_ROW),
    ("html", [False] * 6, UNEXPECTED),
    ("left_as_updated", [True] * 6, None),
]


@pytest.mark.parametrize(("how", "done", "otherwise"), RUDE_ANSWERS)
def test_a_rude_bulk_answer_marks_nobody_on_another_row_and_the_next_try_mends_it(
    account: SandboxProcess, how: str, done: list[bool], otherwise: Outcome | None
) -> None:
    adapter = adapter_for(account.http_port)
    account.set_mode("mailchimp", "ok", bulk_answer=how)
    outcomes = list(adapter.subscribe_many(PEOPLE))
    assert on_their_own_rows(account, outcomes) == done
    assert [one for one, is_done in zip(outcomes, done, strict=True) if not is_done] == [otherwise] * done.count(False)
    account.set_mode("mailchimp", "ok")
    again = list(adapter.subscribe_many(PEOPLE))
    assert on_their_own_rows(account, again) == [True] * 6
    totals = account.totals("mailchimp")
    assert (totals["count"], totals["repeated"]) == (6, 0)


@pytest.mark.parametrize("how", ["reordered", "other_case", "doubled", "left_as_updated", "fewer"])
def test_who_left_stays_away_however_the_bulk_answer_tells_of_them(account: SandboxProcess, how: str) -> None:
    adapter = adapter_for(account.http_port)
    adapter.subscribe_many(PEOPLE)
    name = member_name(PEOPLE[0].address)
    answer = adapter._calls.call("PATCH", f"/members/{name}", 5, {"status": "unsubscribed"})
    assert answer["status"] == "unsubscribed"
    before = account.totals("mailchimp")["count"]
    account.set_mode("mailchimp", "ok", bulk_answer=how)
    outcomes = adapter.subscribe_many(PEOPLE)
    assert outcomes[0] == Suppressed("newsletter_unsubscribed")
    assert {type(one) for one in outcomes[1:]} <= {Already, Retry}
    assert account.totals("mailchimp")["count"] == before


def new(address: object, status: object = "subscribed", contact: object = "c1") -> dict[str, object]:
    return {"id": "m", "email_address": address, "status": status, "contact_id": contact}


def error(address: object, said: object, code: object = "ERROR_GENERIC") -> dict[str, object]:
    return {"email_address": address, "error": said, "error_code": code}


P0, P1 = PEOPLE[0].address, PEOPLE[1].address
TWO_PEOPLE = PEOPLE[:2]
BULK_ANSWERS: list[tuple[object, list[Outcome]]] = [
    ({"new_members": [new(P1), new(P0, contact="c0")]}, [Accepted("c0"), Accepted("c1")]),
    ({"new_members": [new(P0), new(P0, "unsubscribed"), new(P1)]}, [CONTRADICTED, Accepted("c1")]),
    ({"new_members": [new(P0), new(P0, contact="c2"), new(P1)]}, [CONTRADICTED, Accepted("c1")]),
    ({"new_members": [new(P0), new(P1)], "errors": [error(P0, "is fake or invalid")]}, [CONTRADICTED, Accepted("c1")]),
    ({"new_members": [new(P0, "unsubscribed"), new(P1)]}, [Suppressed("newsletter_unsubscribed"), Accepted("c1")]),
    ({"updated_members": [new(P0), new(P1, "cleaned")]}, [Already("c1"), Suppressed("newsletter_cleaned")]),
    ({"updated_members": [new(P0, "archived"), new(P1)]}, [Suppressed("newsletter_archived"), Already("c1")]),
    ({"new_members": [new(P0, "on holiday"), new(P1, None)]}, [CONTRADICTED, CONTRADICTED]),
    ({"new_members": [new("eve@b.example"), new(P1)]}, [NO_ROW, Accepted("c1")]),
    ({"new_members": [new(["a"]), None, 5, {}, new(P1)]}, [NO_ROW, Accepted("c1")]),
    ({"new_members": 5, "errors": [error(P1, "no")]}, [NO_ROW, Rejected("newsletter_rejected")]),
    ({"errors": [error(P0, 5, None), error(P1, "no")]}, [CONTRADICTED, Rejected("newsletter_rejected")]),
    ({"new_members": [new(P0, contact=5), new(P1, contact="a b")]}, [Accepted(None), Accepted(None)]),
    ({"new_members": [new(P0, contact="\x00"), new(P1, contact="m")]}, [Accepted(None), Accepted(None)]),
    ({"new_members": [new("eve@b.example"), new("mallory@b.example")]}, [UNEXPECTED, UNEXPECTED]),
    ({}, [UNEXPECTED, UNEXPECTED]),
    ([], [UNEXPECTED, UNEXPECTED]),
    (None, [UNEXPECTED, UNEXPECTED]),
]


@pytest.mark.parametrize(("answer", "outcomes"), BULK_ANSWERS)
def test_each_person_has_their_own_rows_and_no_others(
    rude: Callable[[Talk], RudeServer], answer: object, outcomes: list[Outcome]
) -> None:
    server = rude(http_answer(json.dumps(answer).encode()))
    assert adapter_for(server.port).subscribe_many(TWO_PEOPLE) == outcomes
    assert server.calls == 1


NONSENSE = [b"", b"<html>", b"\xff", b"{", b"[" * 100_000, b'"ok"']


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: body[:20])
@pytest.mark.parametrize("people", [PEOPLE[:1], PEOPLE], ids=["one", "many"])
def test_no_answer_can_make_it_raise(rude: Callable[[Talk], RudeServer], body: bytes, people: list[Recipient]) -> None:
    assert set(adapter_for(rude(http_answer(body)).port).subscribe_many(people)) == {UNEXPECTED}


MEMBERS: list[tuple[object, Outcome]] = [
    (new(P0), Already("c1")),
    (new(P0.upper()), Already("c1")),
    (new("eve@b.example"), UNEXPECTED),
    (new(None), UNEXPECTED),
    (new(P0, ["subscribed"]), UNEXPECTED),
    (new(P0, "archived"), Suppressed("newsletter_archived")),
    ({"status": "subscribed", "contact_id": "c1"}, UNEXPECTED),
    ([], UNEXPECTED),
]


@pytest.mark.parametrize(("member", "outcome"), MEMBERS)
def test_a_members_record_counts_for_the_person_whose_address_is_in_it(
    rude: Callable[[Talk], RudeServer], member: object, outcome: Outcome
) -> None:
    exists = json.dumps({"errors": [error(P0, "x", "ERROR_CONTACT_EXISTS")]}).encode()
    turns = (http_answer(exists, headers="Connection: close\r\n"), http_answer(json.dumps(member).encode()))
    server = rude(one_after_another(*turns))
    assert adapter_for(server.port).subscribe(PEOPLE[0]) == outcome
    assert server.calls == 2


@pytest.mark.parametrize("told", ["subscribed", "transactional", "unsubscribed"])
def test_somebody_put_on_the_list_after_a_purchase_is_done_when_mailchimp_says_so(
    rude: Callable[[Talk], RudeServer], told: str
) -> None:
    closing = "Connection: close\r\n"
    exists = {"errors": [error(P0, "x", "ERROR_CONTACT_EXISTS")]}
    turns = [http_answer(json.dumps(one).encode(), headers=closing) for one in (exists, new(P0, "transactional"))]
    server = rude(one_after_another(*turns, http_answer(json.dumps(new(P0, told)).encode())))
    expected = {"subscribed": Accepted("c1"), "unsubscribed": Suppressed("newsletter_unsubscribed")}
    assert adapter_for(server.port).subscribe(PEOPLE[0]) == expected.get(told, UNEXPECTED)


def test_somebody_who_exists_is_not_done_on_somebody_elses_record(rude: Callable[[Talk], RudeServer]) -> None:
    exists = json.dumps({"errors": [error(P0, "x", "ERROR_CONTACT_EXISTS"), error(P1, "no")]}).encode()
    turns = (http_answer(exists, headers="Connection: close\r\n"), http_answer(json.dumps(new(P1)).encode()))
    server = rude(one_after_another(*turns))
    assert adapter_for(server.port).subscribe_many(TWO_PEOPLE) == [UNEXPECTED, Rejected("newsletter_rejected")]


PROBLEM = b'{"title": "%s", "status": 400, "detail": "%s"}'
STATUSES: list[tuple[str, bytes, Outcome]] = [
    ("301 Moved", b"{}", Retry("newsletter_redirects", blame=Blame.OPERATOR)),
    ("400 Bad Request", PROBLEM % (b"Member Exists", b"x"), Already()),
    ("400 Bad Request", PROBLEM % (b"Member In Compliance State", b"x"), Suppressed("newsletter_compliance")),
    ("400 Bad Request", PROBLEM % (b"Forgotten Email Not Subscribed", b"x"), Suppressed("newsletter_forgotten")),
    ("400 Bad Request", PROBLEM % (b"Invalid Resource", b"x"), Rejected("newsletter_rejected")),
    ("400 Bad Request", b"<html>", UNEXPECTED),
    ("401 Unauthorized", b"{}", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("403 Forbidden", b"{}", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("403 Forbidden", b"<html>", LIMITED),
    ("404 Not Found", b"<html>", Retry("newsletter_not_found", blame=Blame.OPERATOR)),
    ("405 Method Not Allowed", b"{}", Retry("newsletter_http_405", blame=Blame.OPERATOR)),
    ("408 Request Timeout", b"", Retry("newsletter_unavailable")),
    ("413 Too Large", b"<html>", Rejected("newsletter_rejected")),
    ("429 Too Many Requests", b"{}", LIMITED),
    ("429 Too Many Requests", b"<html>", LIMITED),
    ("502 Bad Gateway", b"<html>", Retry("newsletter_unavailable")),
    ("201 Created", b"{}", UNEXPECTED),
    ("204 No Content", b"", UNEXPECTED),
]


@pytest.mark.parametrize(("status", "body", "outcome"), STATUSES)
def test_each_status_has_its_outcome(
    rude: Callable[[Talk], RudeServer], status: str, body: bytes, outcome: Outcome
) -> None:
    server = rude(http_answer(body, status, "Location: http://127.0.0.1:1/\r\n"))
    assert adapter_for(server.port).subscribe(PEOPLE[0]) == outcome
    assert server.calls == 1


@pytest.mark.parametrize(("status", "body", "outcome"), [one for one in STATUSES if isinstance(one[2], Retry)])
def test_a_failed_bulk_call_is_sorted_as_a_whole(
    rude: Callable[[Talk], RudeServer], status: str, body: bytes, outcome: Outcome
) -> None:
    server = rude(http_answer(body, status))
    assert adapter_for(server.port).subscribe_many(PEOPLE) == [outcome] * 6
    assert server.calls == 1


def test_a_refusal_of_many_buries_nobody_before_each_was_asked_for_alone(rude: Callable[[Talk], RudeServer]) -> None:
    """The call for both is refused for good, then each of them alone: one is fine, one is not."""
    closing = "Connection: close\r\n"
    refused = PROBLEM % (b"Invalid Resource", b"x")
    turns = (
        http_answer(refused, "400 Bad Request", closing),
        http_answer(json.dumps({"new_members": [new(P0)]}).encode(), headers=closing),
        http_answer(refused, "400 Bad Request", closing),
    )
    server = rude(one_after_another(*turns))
    assert adapter_for(server.port).subscribe_many(TWO_PEOPLE) == [Accepted("c1"), Rejected("newsletter_rejected")]


def test_a_pause_is_taken_from_an_answer_that_names_one(rude: Callable[[Talk], RudeServer]) -> None:
    server = rude(http_answer(b"{}", "429 Too Many Requests", "Retry-After: 120\r\n"))
    assert adapter_for(server.port).subscribe_many(TWO_PEOPLE) == [Retry(RATE, after=120, blame=Blame.LIMIT)] * 2
