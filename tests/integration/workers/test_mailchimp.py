"""Mailchimp's adapter: one by one and in bulk, every answer and every trouble; effects are counted at its end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another
from tests.sandbox_process import SandboxProcess
from tests.waiting import eventually
from workers.providers import clock, mailchimp
from workers.providers.dsn import parse
from workers.providers.mailchimp import Mailchimp
from workers.providers.mailchimp_people import member_name

LIST = "a1b2c3d4e5"
ANN = Recipient("ann@b.example", "Ann", "de")
BOB = Recipient("bob@b.example", None, None)
LIMITED = Retry("newsletter_rate_limited", blame=Blame.LIMIT)
NOT_REACHED = Retry("newsletter_not_reached", blame=Blame.OURS)
Connect = Callable[..., Mailchimp]


def someone(address: str) -> Recipient:
    return Recipient(address, None, None)


def crowd(count: int) -> list[Recipient]:
    return [someone(f"p{n}@b.example") for n in range(count)]


@pytest.fixture
def account(sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox's Mailchimp, mended and emptied."""
    sandbox.set_mode("mailchimp", "ok")
    sandbox.clear("mailchimp")
    return sandbox


@pytest.fixture
def connect(account: SandboxProcess) -> Connect:
    """An adapter for a list of the sandbox's, or of another server's."""

    def make(port: int = account.http_port, list_id: str = LIST, **options: int) -> Mailchimp:
        rest = "".join(f"&{name}={value}" for name, value in options.items())
        return Mailchimp(parse(f"mailchimp+http://any:key@127.0.0.1:{port}/?list={list_id}{rest}"))

    return make


@pytest.fixture
def adapter(connect: Connect) -> Mailchimp:
    return connect()


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def api(account: SandboxProcess, method: str, path: str, **more: object) -> requests.Response:
    """What an operator does in Mailchimp itself."""
    url = f"{account.http_url}/3.0/lists/{LIST}{path}"
    answer = requests.request(method, url, auth=("any", "key"), timeout=5, **more)
    answer.raise_for_status()
    return answer


def known(account: SandboxProcess, address: str, status: str = "subscribed", name: str = "Known") -> str:
    """Somebody whom Mailchimp knows already; the contact's id."""
    body = {"email_address": address, "status_if_new": "subscribed", "merge_fields": {"FNAME": name}}
    member = api(account, "PUT", f"/members/{member_name(address)}", json=body).json()
    if status != "subscribed":
        api(account, "PATCH", f"/members/{member_name(address)}", json={"status": status})
    return str(member["contact_id"])


def effects(account: SandboxProcess) -> list[tuple[str, str]]:
    return [(entry["effect"], entry["key"]) for entry in account.journal("mailchimp")]


def requests_made(account: SandboxProcess) -> int:
    return int(account.state("mailchimp")["requests"])


# One person


def test_somebody_new_is_put_on_the_list_with_name_and_language(adapter: Mailchimp, account: SandboxProcess) -> None:
    outcome = adapter.subscribe(ANN)
    (entry,) = account.journal("mailchimp")
    assert (entry["effect"], entry["key"], entry["name"]) == ("member.added", "ann@b.example", "Ann")
    assert (entry["list"], entry["status"]) == (LIST, "subscribed")
    member = api(account, "GET", f"/members/{member_name(ANN.address)}").json()
    assert member["language"] == "de"
    assert outcome == Accepted(member["contact_id"])


def test_the_md5_of_an_address_is_never_kept(adapter: Mailchimp) -> None:
    outcomes = [adapter.subscribe(ANN), *adapter.subscribe_many(crowd(3))]
    names = {member_name(one.address) for one in [ANN, *crowd(3)]}
    assert all(isinstance(one, Accepted) and one.provider_id not in names for one in outcomes)


def test_somebody_who_is_there_already_costs_no_effect(adapter: Mailchimp, account: SandboxProcess) -> None:
    adapter.subscribe(ANN)
    assert isinstance(adapter.subscribe(Recipient(ANN.address, "Mallory", "fr")), Already)
    assert effects(account) == [("member.added", "ann@b.example")]


STANDINGS: list[tuple[str, Outcome]] = [
    ("unsubscribed", Suppressed("newsletter_unsubscribed")),
    ("cleaned", Suppressed("newsletter_cleaned")),
    ("pending", Suppressed("newsletter_pending")),
]


@pytest.mark.parametrize(("status", "outcome"), STANDINGS)
@pytest.mark.parametrize("others", [[], [BOB]], ids=["alone", "in_bulk"])
def test_who_left_stays_away(
    adapter: Mailchimp, account: SandboxProcess, status: str, outcome: Outcome, others: list[Recipient]
) -> None:
    known(account, ANN.address, status)
    before = effects(account)
    assert adapter.subscribe_many([ANN, *others])[0] == outcome
    assert [one for one in effects(account)[len(before) :] if one[1] == ANN.address] == []


@pytest.mark.parametrize("others", [[], [BOB]], ids=["alone", "in_bulk"])
def test_somebody_known_for_a_purchase_alone_is_put_on_the_list(
    adapter: Mailchimp, account: SandboxProcess, others: list[Recipient]
) -> None:
    contact = known(account, ANN.address, "transactional")
    assert adapter.subscribe_many([ANN, *others])[0] == Accepted(contact)
    assert ("member.subscribed", ANN.address) in effects(account)


REFUSED: list[tuple[str, Outcome]] = [
    ("ann@compliance.example", Suppressed("newsletter_compliance")),
    ("ann@forgotten.example", Suppressed("newsletter_forgotten")),
    ("ann@busy.example", Retry("newsletter_address_busy", after=4 * 3600, blame=Blame.RECIPIENT)),
    ("ann@fake.example", Rejected("newsletter_address_rejected")),
    ("not an address", Rejected("newsletter_address_rejected")),
    ("ann@malformed.example", Rejected("newsletter_rejected")),
]


@pytest.mark.parametrize(("address", "outcome"), REFUSED)
def test_a_refusal_is_sorted_by_what_it_says(
    adapter: Mailchimp, account: SandboxProcess, address: str, outcome: Outcome
) -> None:
    assert adapter.subscribe(someone(address)) == outcome
    assert effects(account) == []


@pytest.mark.parametrize(("address", "outcome"), REFUSED)
def test_somebody_refused_in_a_bulk_call_takes_nobody_along(
    adapter: Mailchimp, account: SandboxProcess, address: str, outcome: Outcome
) -> None:
    people = [*crowd(3), someone(address), *crowd(6)[3:]]
    outcomes = adapter.subscribe_many(people)
    assert outcomes[3] == outcome
    assert all(isinstance(one, Accepted) for one in [*outcomes[:3], *outcomes[4:]])
    assert sorted(effects(account)) == [("member.added", f"p{n}@b.example") for n in range(6)]


def test_somebody_erased_is_not_put_back(adapter: Mailchimp, account: SandboxProcess) -> None:
    known(account, ANN.address)
    api(account, "POST", f"/members/{member_name(ANN.address)}/actions/delete-permanent")
    expected = Suppressed("newsletter_forgotten")
    assert adapter.subscribe(ANN) == expected
    assert adapter.subscribe_many([ANN, BOB])[0] == expected


# In bulk


def test_five_hundred_people_are_one_call(adapter: Mailchimp, account: SandboxProcess) -> None:
    before = requests_made(account)
    outcomes = adapter.subscribe_many(crowd(500))
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert requests_made(account) - before == 1
    assert [entry["id"] for entry in account.journal("mailchimp")] == [one.provider_id for one in outcomes]


def test_more_people_than_a_call_holds_are_several_calls(connect: Connect, account: SandboxProcess) -> None:
    before = requests_made(account)
    assert {type(one) for one in connect(bulk=4).subscribe_many(crowd(10))} == {Accepted}
    assert requests_made(account) - before == 3
    totals = account.totals("mailchimp")
    assert (totals["count"], totals["repeated"]) == (10, 0)


def test_without_bulk_there_is_a_call_for_each(connect: Connect, account: SandboxProcess) -> None:
    before = requests_made(account)
    assert {type(one) for one in connect(bulk=1).subscribe_many(crowd(3))} == {Accepted}
    assert requests_made(account) - before == 3


def test_nobody_is_no_call(adapter: Mailchimp, account: SandboxProcess) -> None:
    before = requests_made(account)
    assert list(adapter.subscribe_many([])) == []
    assert requests_made(account) == before


def test_the_same_address_twice_is_sent_once_and_has_the_same_outcome(
    adapter: Mailchimp, account: SandboxProcess
) -> None:
    people = [someone("ann@b.example"), BOB, someone("Ann@B.example")]
    first, second, third = adapter.subscribe_many(people)
    assert {type(first), type(second)} == {Accepted}
    assert first == third != second
    assert sorted(effects(account)) == [("member.added", "ann@b.example"), ("member.added", "bob@b.example")]


def test_who_is_there_already_keeps_their_name_and_their_standing(adapter: Mailchimp, account: SandboxProcess) -> None:
    contact = known(account, "p1@b.example", name="Grace")
    known(account, "p2@b.example", "unsubscribed")
    before = effects(account)
    people = [Recipient(one.address, "Mallory", "fr") for one in crowd(4)]
    outcomes = adapter.subscribe_many(people)
    assert isinstance(outcomes[0], Accepted)
    assert outcomes[1:3] == [Already(contact), Suppressed("newsletter_unsubscribed")]
    assert isinstance(outcomes[3], Accepted)
    assert effects(account)[len(before) :] == [("member.added", "p0@b.example"), ("member.added", "p3@b.example")]


def test_an_address_in_another_case_is_the_same_person(adapter: Mailchimp, account: SandboxProcess) -> None:
    contact = known(account, "Ann@B.Example")
    before = effects(account)
    assert adapter.subscribe_many([ANN, BOB])[0] == Already(contact)
    assert effects(account)[len(before) :] == [("member.added", "bob@b.example")]


def test_connections_are_kept_and_used_again(adapter: Mailchimp, account: SandboxProcess) -> None:
    before = account.state("mailchimp")["connections"]
    for n in range(5):
        adapter.subscribe_many([someone(f"{n}{k}@b.example") for k in "ab"])
    assert account.state("mailchimp")["connections"] - before <= 1


# Trouble

MODES: list[tuple[str, set[Outcome]]] = [
    ("down", {Retry("newsletter_unavailable")}),
    ("error", {Retry("newsletter_unavailable")}),
    ("refuse", {Retry("newsletter_connection_lost")}),
    ("unauthorized", {Retry("newsletter_unauthorized", blame=Blame.OPERATOR)}),
    ("rate_limited", {LIMITED}),
]


@pytest.mark.parametrize("people", [[ANN], crowd(20)], ids=["one", "many"])
@pytest.mark.parametrize(("mode", "outcomes"), MODES)
def test_an_account_in_trouble_has_no_effect_and_all_are_tried_again(
    adapter: Mailchimp, account: SandboxProcess, mode: str, outcomes: set[Outcome], people: list[Recipient]
) -> None:
    account.set_mode("mailchimp", mode)
    # Three times, because the refusals for too many calls differ in turn: two of them are no JSON.
    assert {one for _ in range(3) for one in adapter.subscribe_many(people)} == outcomes
    account.set_mode("mailchimp", "ok")
    assert {type(one) for one in adapter.subscribe_many(people)} == {Accepted}
    assert len(effects(account)) == len(people)


@pytest.mark.parametrize("people", [[ANN], crowd(20)], ids=["one", "many"])
def test_an_answer_that_was_lost_is_no_second_effect(
    adapter: Mailchimp, account: SandboxProcess, people: list[Recipient]
) -> None:
    account.set_mode("mailchimp", "commit_then_drop")
    assert set(adapter.subscribe_many(people)) == {Retry("newsletter_connection_lost")}
    account.set_mode("mailchimp", "ok")
    assert all(isinstance(one, Accepted | Already) for one in adapter.subscribe_many(people))
    totals = account.totals("mailchimp")
    assert (totals["count"], totals["repeated"]) == (len(people), 0)


@pytest.mark.parametrize("mode", ["hang", "drip"])
@pytest.mark.parametrize("people", [[ANN], crowd(2)], ids=["one", "many"])
def test_no_provider_holds_a_call_beyond_its_deadline(
    adapter: Mailchimp, account: SandboxProcess, monkeypatch: pytest.MonkeyPatch, mode: str, people: list[Recipient]
) -> None:
    monkeypatch.setattr(mailchimp, "ONE_S", 0.7)
    monkeypatch.setattr(mailchimp, "MANY_S", 0.7)
    account.set_mode("mailchimp", mode)
    began = time.monotonic()
    assert set(adapter.subscribe_many(people)) == {Retry("newsletter_timeout")}
    assert time.monotonic() - began < 6


def test_who_is_not_reached_in_time_is_handed_back_without_a_call(
    adapter: Mailchimp, account: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.subscribe_many(crowd(30))
    monkeypatch.setattr(clock, "LAST_CALL_S", 1.5)
    account.set_mode("mailchimp", "slow", latency_ms=100)
    before = requests_made(account)
    outcomes = adapter.subscribe_many(crowd(30))
    reached = [one for one in outcomes if isinstance(one, Already)]
    assert 0 < len(reached) < 30
    assert outcomes == [*reached, *[NOT_REACHED] * (30 - len(reached))]
    assert requests_made(account) - before == 1 + len(reached)


def test_the_rest_of_those_who_are_there_is_handed_back_once_mailchimp_fails(
    connect: Connect, rude: Callable[[Talk], RudeServer]
) -> None:
    exists = b'{"errors":[%s]}' % b",".join(
        b'{"email_address":"p%d@b.example","error":"x","error_code":"ERROR_CONTACT_EXISTS"}' % n for n in range(3)
    )
    member = b'{"email_address":"p0@b.example","status":"subscribed","contact_id":"c0"}'
    closing = "Connection: close\r\n"
    turns = (http_answer(exists, headers=closing), http_answer(member, headers=closing), http_answer(b"", "503 No"))
    server = rude(one_after_another(*turns))
    outcomes = connect(server.port).subscribe_many(crowd(3))
    assert outcomes == [Already("c0"), Retry("newsletter_unavailable"), NOT_REACHED]
    assert server.calls == 3


def test_one_call_too_many_is_told_to_wait_and_the_limit_is_seen_from_outside(
    adapter: Mailchimp, account: SandboxProcess
) -> None:
    account.set_mode("mailchimp", "slow", latency_ms=600_000, connections=1)
    first: list[Outcome] = []
    caller = threading.Thread(target=lambda: first.extend(adapter.subscribe_many(crowd(2))))
    caller.start()
    eventually(lambda: account.state("mailchimp")["at_once"] == 1)
    assert set(adapter.subscribe_many(crowd(4)[2:])) == {LIMITED}
    state = account.state("mailchimp")
    assert (state["limit"], state["most_at_once"], state["turned_away"]) == (1, 2, 1)
    account.set_mode("mailchimp", "ok")
    caller.join(10)
    assert {type(one) for one in first} == {Accepted}
    assert len(effects(account)) == 2


def test_ten_calls_at_once_are_within_the_accounts_limit(adapter: Mailchimp, account: SandboxProcess) -> None:
    account.set_mode("mailchimp", "slow", latency_ms=600_000)
    outcomes: list[Outcome] = []
    callers = [
        threading.Thread(target=lambda n=n: outcomes.append(adapter.subscribe(someone(f"c{n}@b.example"))))
        for n in range(10)
    ]
    for caller in callers:
        caller.start()
    eventually(lambda: account.state("mailchimp")["at_once"] == 10)
    account.set_mode("mailchimp", "ok")
    for caller in callers:
        caller.join(10)
    assert [type(one) for one in outcomes] == [Accepted] * 10
    state = account.state("mailchimp")
    assert (state["most_at_once"], state["turned_away"]) == (10, 0)


def test_a_list_that_is_not_there_is_the_operators_fault(connect: Connect) -> None:
    expected = Retry("newsletter_not_found", blame=Blame.OPERATOR)
    assert connect(list_id="0000000000").subscribe(ANN) == expected
    assert set(connect(list_id="0000000000").subscribe_many(crowd(5))) == {expected}


def test_nobody_listening_is_known_not_to_have_been_sent(connect: Connect) -> None:
    with RudeServer(lambda _: None) as server:
        port = server.port
    assert set(connect(port).subscribe_many(crowd(2))) == {Retry("newsletter_connect_refused")}
