"""Mailchimp's adapter and people who go or come back: nobody is put back, taken off or erased but who asked for it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another
from tests.sandbox_process import SandboxProcess
from workers.providers import mailchimp
from workers.providers.dsn import parse
from workers.providers.mailchimp import Mailchimp
from workers.providers.mailchimp_people import member_name

LIST = "a1b2c3d4e5"
ANN = Recipient("Ann@b.example", "Ann", "de")
BOB = Recipient("bob@b.example", None, None)
KEY = ANN.address.lower()
UNEXPECTED = Retry("newsletter_unexpected_answer")
LIMITED = Retry("newsletter_rate_limited", blame=Blame.LIMIT)
NOT_FOUND = Retry("newsletter_not_found", blame=Blame.OPERATOR)
Ask = Callable[[Mailchimp], Outcome]
GO: dict[str, Ask] = {"leaving": lambda to: to.unsubscribe(ANN), "erasing": lambda to: to.erase(ANN)}
GONE = {"leaving": "member.unsubscribed", "erasing": "member.erased"}
both = pytest.mark.parametrize("what", GO)


def adapter_for(port: int, list_id: str = LIST) -> Mailchimp:
    return Mailchimp(parse(f"mailchimp+http://any:key@127.0.0.1:{port}/?list={list_id}"))


@pytest.fixture
def adapter(sandbox: SandboxProcess) -> Mailchimp:
    return adapter_for(sandbox.http_port)


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def api(account: SandboxProcess, method: str, person: Recipient = ANN, **more: object) -> requests.Response:
    """What an operator does in Mailchimp itself."""
    url = f"{account.http_url}/3.0/lists/{LIST}/members/{member_name(person.address)}"
    return requests.request(method, url, auth=("any", "key"), timeout=5, **more)


def known(account: SandboxProcess, status: str, person: Recipient = ANN) -> str:
    """Somebody whom Mailchimp knows already; the contact's id."""
    body = {"email_address": person.address, "status_if_new": "subscribed", "merge_fields": {"FNAME": "Known"}}
    contact = str(api(account, "PUT", person, json=body).json()["contact_id"])
    if status == "archived":
        assert api(account, "DELETE", person).status_code == 204
    elif status != "subscribed":
        api(account, "PATCH", person, json={"status": status}).raise_for_status()
    return contact


def status_of(account: SandboxProcess, person: Recipient = ANN) -> str:
    return str(api(account, "GET", person).json()["status"])


def effects(account: SandboxProcess) -> list[tuple[str, str]]:
    return [(entry["effect"], entry["key"]) for entry in account.journal("mailchimp")]


# Leaving


def test_who_leaves_is_off_the_list_and_mailchimp_remembers_it(adapter: Mailchimp, sandbox: SandboxProcess) -> None:
    adapter.subscribe_many([ANN, BOB])
    contact = api(sandbox, "GET").json()["contact_id"]
    assert adapter.unsubscribe(ANN) == Accepted(contact)
    assert (status_of(sandbox), status_of(sandbox, BOB)) == ("unsubscribed", "subscribed")
    assert adapter.subscribe(ANN) == Suppressed("newsletter_unsubscribed")


def test_leaving_twice_is_one_effect(adapter: Mailchimp, sandbox: SandboxProcess) -> None:
    contact = adapter.subscribe(ANN).provider_id
    assert [adapter.unsubscribe(ANN), adapter.unsubscribe(ANN)] == [Accepted(contact), Already(contact)]
    assert effects(sandbox)[1:] == [("member.unsubscribed", KEY)]


@pytest.mark.parametrize("status", ["pending", "transactional", "archived"])
def test_who_could_be_written_to_again_by_somebody_elses_click_is_marked_as_having_left(
    adapter: Mailchimp, sandbox: SandboxProcess, status: str
) -> None:
    contact = known(sandbox, status)
    assert adapter.unsubscribe(ANN) == Accepted(contact)
    assert status_of(sandbox) == "unsubscribed"


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_who_is_off_the_list_already_is_not_touched(adapter: Mailchimp, sandbox: SandboxProcess, status: str) -> None:
    contact = known(sandbox, status)
    before = effects(sandbox)
    assert adapter.unsubscribe(ANN) == Already(contact)
    assert effects(sandbox) == before


@both
def test_nobody_is_created_in_order_to_go(adapter: Mailchimp, sandbox: SandboxProcess, what: str) -> None:
    adapter.subscribe(BOB)
    assert GO[what](adapter) == Already()
    assert effects(sandbox) == [("member.added", BOB.address)]


@both
def test_a_list_that_is_not_there_is_not_a_person_who_is_not(sandbox: SandboxProcess, what: str) -> None:
    """Mailchimp answers 404 to both, in the same words."""
    known(sandbox, "subscribed")
    assert GO[what](adapter_for(sandbox.http_port, "0000000000")) == NOT_FOUND
    assert status_of(sandbox) == "subscribed"


# Erasing


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "cleaned", "pending", "archived"])
def test_who_is_erased_is_gone_however_they_stood_and_nothing_of_theirs_is_kept(
    adapter: Mailchimp, sandbox: SandboxProcess, status: str
) -> None:
    known(sandbox, status)
    known(sandbox, "subscribed", BOB)
    assert adapter.erase(ANN) == Accepted(None)
    assert (api(sandbox, "GET").status_code, status_of(sandbox, BOB)) == (404, "subscribed")
    assert adapter.erase(ANN) == Already()
    assert [one for one in effects(sandbox) if one[0] == "member.erased"] == [("member.erased", KEY)]


def test_mailchimp_takes_somebody_erased_from_themselves_alone(adapter: Mailchimp) -> None:
    adapter.subscribe(ANN)
    adapter.erase(ANN)
    assert adapter.subscribe(ANN, proven=True) == Suppressed("newsletter_forgotten")
    assert adapter.unsubscribe(ANN) == Already()


# Coming back


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "pending"])
def test_who_left_and_asks_for_it_themselves_is_put_back(
    adapter: Mailchimp, sandbox: SandboxProcess, status: str
) -> None:
    contact = known(sandbox, status)
    assert adapter.subscribe(ANN, proven=True) == Accepted(contact)
    assert status_of(sandbox) == "subscribed"
    assert adapter.subscribe(ANN, proven=True) == Already(contact)
    assert api(sandbox, "GET").json()["full_name"] == "Known"


def test_who_left_by_mailchimps_own_link_can_be_put_back_by_nobody_else(
    adapter: Mailchimp, sandbox: SandboxProcess
) -> None:
    person = Recipient("ann@left.example", None, None)
    known(sandbox, "unsubscribed", person)
    before = effects(sandbox)
    assert adapter.subscribe(person, proven=True) == Suppressed("newsletter_compliance")
    assert effects(sandbox) == before


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("ann@compliance.example", Suppressed("newsletter_compliance")),
        ("ann@forgotten.example", Suppressed("newsletter_forgotten")),
        ("ann@fake.example", Rejected("newsletter_address_rejected")),
        ("new@b.example", Accepted),
    ],
)
def test_their_own_wish_changes_nothing_else(adapter: Mailchimp, address: str, outcome: object) -> None:
    came = adapter.subscribe(Recipient(address, None, None), proven=True)
    assert (type(came) if outcome is Accepted else came) == outcome


def test_who_bounced_is_not_written_to_again(adapter: Mailchimp, sandbox: SandboxProcess) -> None:
    known(sandbox, "cleaned")
    assert adapter.subscribe(ANN, proven=True) == Suppressed("newsletter_cleaned")
    assert status_of(sandbox) == "cleaned"


def test_nobodys_consent_is_proven_in_bulk(adapter: Mailchimp, sandbox: SandboxProcess) -> None:
    known(sandbox, "unsubscribed")
    assert adapter.subscribe_many([ANN, BOB])[0] == Suppressed("newsletter_unsubscribed")
    assert status_of(sandbox) == "unsubscribed"


# Trouble

BACK: dict[str, Ask] = {**GO, "coming back": lambda to: to.subscribe(ANN, proven=True)}
DID = {**GONE, "coming back": "member.subscribed"}
all_three = pytest.mark.parametrize("what", BACK)
MODES: list[tuple[str, Outcome]] = [
    ("down", Retry("newsletter_unavailable")),
    ("error", Retry("newsletter_unavailable")),
    ("refuse", Retry("newsletter_connection_lost")),
    ("unauthorized", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("rate_limited", LIMITED),
]


@pytest.fixture
def before(sandbox: SandboxProcess, what: str) -> int:
    """How many effects there are once somebody is where they can go from, or come back from."""
    known(sandbox, "unsubscribed" if what == "coming back" else "subscribed")
    return len(effects(sandbox))


@all_three
@pytest.mark.parametrize(("mode", "outcome"), MODES)
def test_an_account_in_trouble_changes_nobody_and_is_asked_again(
    adapter: Mailchimp, sandbox: SandboxProcess, before: int, what: str, mode: str, outcome: Outcome
) -> None:
    sandbox.set_mode("mailchimp", mode)
    # Three times, because the refusals for too many calls differ in turn: two of them are no JSON.
    assert {BACK[what](adapter) for _ in range(3)} == {outcome}
    sandbox.set_mode("mailchimp", "ok")
    assert len(effects(sandbox)) == before
    assert isinstance(BACK[what](adapter), Accepted)
    assert effects(sandbox)[before:] == [(DID[what], KEY)]


@all_three
def test_an_answer_that_was_lost_is_no_second_effect(
    adapter: Mailchimp, sandbox: SandboxProcess, before: int, what: str
) -> None:
    sandbox.set_mode("mailchimp", "commit_then_drop")
    assert BACK[what](adapter) == Retry("newsletter_connection_lost")
    assert isinstance(BACK[what](adapter), Already)  # what has no effect is answered
    assert effects(sandbox)[before:] == [(DID[what], KEY)]


@all_three
def test_a_flaky_account_does_it_once_in_the_end(
    adapter: Mailchimp, sandbox: SandboxProcess, before: int, what: str
) -> None:
    sandbox.set_mode("mailchimp", "flaky", error_rate=0.4, seed=3)
    outcomes = [BACK[what](adapter) for _ in range(40)]
    assert {type(one) for one in outcomes} == {Retry, Accepted, Already}
    assert effects(sandbox)[before:] == [(DID[what], KEY)]


@all_three
def test_a_slow_account_is_waited_for(adapter: Mailchimp, sandbox: SandboxProcess, before: int, what: str) -> None:
    sandbox.set_mode("mailchimp", "slow", latency_ms=200)
    assert isinstance(BACK[what](adapter), Accepted)
    assert len(effects(sandbox)) == before + 1


@all_three
@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_no_account_holds_a_call_beyond_its_deadline(
    adapter: Mailchimp, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, what: str, mode: str
) -> None:
    known(sandbox, "subscribed")
    for total in ("ONE_S", "MANY_S"):
        monkeypatch.setattr(mailchimp, total, 0.7)
    sandbox.set_mode("mailchimp", mode)
    began = time.monotonic()
    assert BACK[what](adapter) == Retry("newsletter_timeout")
    assert time.monotonic() - began < 3


@all_three
def test_nobody_listening_is_known_not_to_have_been_sent(what: str) -> None:
    with RudeServer(lambda _: None) as server:
        port = server.port
    assert BACK[what](adapter_for(port)) == Retry("newsletter_connect_refused")


# Rudeness

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
