"""Mailchimp's adapter and people who go or come back: nobody is put back, taken off or erased but who asked for it."""

import time

import pytest
import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.mailchimp_going import (
    ANN,
    BOB,
    GO,
    GONE,
    KEY,
    LIMITED,
    LIST,
    NOT_FOUND,
    Ask,
    adapter_for,
    both,
)
from tests.integration.workers.rude_server import RudeServer
from tests.sandbox_process import SandboxProcess
from workers.providers import mailchimp
from workers.providers.mailchimp import Mailchimp
from workers.providers.mailchimp_people import member_name


@pytest.fixture
def adapter(sandbox: SandboxProcess) -> Mailchimp:
    return adapter_for(sandbox.http_port)


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


def test_nobodys_consent_is_taken_as_proven_in_bulk(adapter: Mailchimp, sandbox: SandboxProcess) -> None:
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
    assert time.monotonic() - began < 6


@all_three
def test_nobody_listening_is_known_not_to_have_been_sent(what: str) -> None:
    with RudeServer(lambda _: None) as server:
        port = server.port
    assert BACK[what](adapter_for(port)) == Retry("newsletter_connect_refused")
