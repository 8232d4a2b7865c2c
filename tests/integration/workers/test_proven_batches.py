"""People in a batch whose consent is proven: they travel with all the others, and only who had left costs a call more."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Retry, Suppressed
from ledger.circuits import FAILURES
from ledger.connection import Connection, Pool
from tests.integration.ledger.owed_jobs import batches, enrol, events, row
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another
from tests.integration.workers.runners import SUBSCRIBE, in_a_message, run, runner_of, states
from tests.sandbox_process import SandboxProcess
from workers.providers import clock, listmonk, mailchimp
from workers.providers.adapter import connect
from workers.providers.listmonk import Listmonk
from workers.providers.mailchimp import Mailchimp
from workers.runner import Runner

ADDED = {"mailchimp": "member.added", "listmonk": "subscriber.created"}
BACK = {"mailchimp": "member.subscribed", "listmonk": "lists.added"}
LISTS = {"mailchimp": "a1b2c3d4e5", "listmonk": "1"}
NOT_REACHED = Retry("newsletter_not_reached", blame=Blame.OURS)
LEFT = Suppressed("newsletter_unsubscribed")
FAULTS: list[tuple[str, Outcome]] = [
    ("hang", Retry("newsletter_timeout")),
    ("down", Retry("newsletter_unavailable")),
    ("unauthorized", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
]
PROVEN = {"payload": {"proven": True}}
both = pytest.mark.parametrize("name", ["mailchimp", "listmonk"])


def crowd(count: int) -> list[Recipient]:
    return [Recipient(f"p{n}@b.example", None, None) for n in range(count)]


def adapter_for(name: str, port: int) -> Mailchimp | Listmonk:
    adapter = connect(f"{name}+http://any:key@127.0.0.1:{port}/?list={LISTS[name]}")
    assert isinstance(adapter, Mailchimp | Listmonk)
    return adapter


@pytest.fixture
def adapter(sandbox: SandboxProcess, name: str) -> Mailchimp | Listmonk:
    return adapter_for(name, sandbox.http_port)


@pytest.fixture
def runner(ledger: Connection, pool: Pool, adapter: Mailchimp | Listmonk) -> Runner:
    return runner_of(enrol(ledger), pool, {"newsletter": adapter})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that nobody answers end soon."""
    for module, total in ((mailchimp, "ONE_S"), (mailchimp, "MANY_S"), (listmonk, "TOTAL_S")):
        monkeypatch.setattr(module, total, 0.5)


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def requests_made(sandbox: SandboxProcess, name: str) -> int:
    return int(sandbox.state(name)["requests"])


def who_left(adapter: Mailchimp | Listmonk, people: list[Recipient]) -> None:
    """Each of them was on the list, and is so no more."""
    for person in people:
        adapter.subscribe(person)
        assert isinstance(adapter.unsubscribe(person), Accepted)


def came_back(sandbox: SandboxProcess, name: str) -> list[str]:
    return [entry["key"] for entry in sandbox.journal(name) if entry["effect"] == BACK[name]]


def codes(ledger: Connection, jobs: list[UUID]) -> dict[tuple[Any, ...], int]:
    """How many jobs there are of each error code, with what it has cost them."""
    found: dict[tuple[Any, ...], int] = {}
    for job in jobs:
        one = row(ledger, job)
        key = one["error_code"], one["attempts"], one["crashes"]
        found[key] = found.get(key, 0) + 1
    return found


# Through the kind and its runner


@pytest.mark.parametrize("name", ["mailchimp"])
def test_hundreds_who_confirmed_are_one_call_and_have_cost_no_crash(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, name: str
) -> None:
    jobs = in_a_message(ledger, SUBSCRIBE, 400, **PROVEN)
    before = requests_made(sandbox, name)
    run(runner, SUBSCRIBE, *jobs)
    assert requests_made(sandbox, name) - before == 1
    assert sandbox.totals(name)["effects"] == {ADDED[name]: 400}
    assert states(ledger, jobs) == {"succeeded": 400}
    assert codes(ledger, jobs) == {(None, 1, 0): 400}
    assert {tuple(events(ledger, job)) for job in jobs} == {("claimed", "succeeded")}
    assert batches(ledger) == {}


def fifty_who_confirmed(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, name: str, mode: str
) -> tuple[list[UUID], int]:
    """Their jobs, carried out while the provider behaves so, and how many calls it took."""
    jobs = in_a_message(ledger, SUBSCRIBE, 50, **PROVEN)
    sandbox.set_mode(name, mode)
    before = requests_made(sandbox, name)
    run(runner, SUBSCRIBE, *jobs)
    return jobs, requests_made(sandbox, name) - before


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["mailchimp"])
@pytest.mark.parametrize(("mode", "outcome"), FAULTS)
def test_a_provider_that_fails_is_called_once_for_all_who_confirmed(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, name: str, mode: str, outcome: Retry
) -> None:
    jobs, called = fifty_who_confirmed(runner, ledger, sandbox, name, mode)
    assert called == 1
    spent = 0 if outcome.blame is Blame.OPERATOR else 1
    assert codes(ledger, jobs) == {(outcome.code, spent, 0): 50}
    assert states(ledger, jobs) == {"retrying" if spent else "staged": 50}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["listmonk"])
@pytest.mark.parametrize(("mode", "outcome"), FAULTS)
def test_where_there_is_no_call_for_many_the_circuit_ends_a_batch_of_them(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, name: str, mode: str, outcome: Retry
) -> None:
    jobs, called = fifty_who_confirmed(runner, ledger, sandbox, name, mode)
    calls = 1 if outcome.blame is Blame.OPERATOR else FAILURES
    assert called == calls
    spent = 0 if outcome.blame is Blame.OPERATOR else 1
    assert codes(ledger, jobs) == {(outcome.code, spent, 0): calls, ("circuit_open", 0, 0): 50 - calls}


# At the adapters


@both
def test_whose_consent_is_proven_is_put_back_and_who_has_none_stays_away(
    adapter: Mailchimp | Listmonk, sandbox: SandboxProcess, name: str
) -> None:
    people = crowd(8)
    who_left(adapter, people[:6])
    outcomes = adapter.subscribe_many(people, proven=people[3:7])
    assert outcomes[:3] == [LEFT] * 3
    assert [type(one) for one in outcomes[3:]] == [Accepted] * 5
    assert came_back(sandbox, name) == [person.address for person in people[3:6]]


@pytest.mark.parametrize("name", ["mailchimp"])
def test_only_who_had_left_costs_calls_of_their_own(adapter: Mailchimp, sandbox: SandboxProcess, name: str) -> None:
    people = crowd(300)
    who_left(adapter, people[100:103])
    before = requests_made(sandbox, name)
    assert {type(one) for one in adapter.subscribe_many(people, proven=people)} == {Accepted}
    assert requests_made(sandbox, name) - before == 1 + 2 * 3


@pytest.mark.parametrize("name", ["mailchimp"])
def test_who_is_given_as_having_left_by_the_bulk_call_itself_is_put_back_as_well(
    adapter: Mailchimp, sandbox: SandboxProcess, name: str
) -> None:
    people = crowd(3)
    who_left(adapter, people[:2])
    sandbox.set_mode(name, "ok", bulk_answer="left_as_updated")
    outcomes = adapter.subscribe_many(people, proven=people[1:])
    assert [outcomes[0], *map(type, outcomes[1:])] == [LEFT, Accepted, Accepted]
    assert came_back(sandbox, name) == [people[1].address]


@pytest.mark.parametrize("name", ["mailchimp"])
def test_an_address_that_is_proven_once_is_proven(adapter: Mailchimp, sandbox: SandboxProcess, name: str) -> None:
    (person,) = crowd(1)
    who_left(adapter, [person])
    again = Recipient(person.address.upper(), "Ann", "de")
    assert {type(one) for one in adapter.subscribe_many([person, again], proven=[again])} == {Accepted}
    assert came_back(sandbox, name) == [person.address]


@both
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("mode", "outcome"), FAULTS)
def test_a_failure_that_is_about_all_ends_it_with_its_first_call(
    adapter: Mailchimp | Listmonk, sandbox: SandboxProcess, name: str, mode: str, outcome: Outcome
) -> None:
    sandbox.set_mode(name, mode)
    people = crowd(30)
    before = requests_made(sandbox, name)
    outcomes = adapter.subscribe_many(people, proven=people)
    assert requests_made(sandbox, name) - before == 1
    rest = outcome if name == "mailchimp" else NOT_REACHED  # its one call was about all of them
    assert outcomes == [outcome, *[rest] * 29]


@both
def test_who_is_not_put_back_in_time_is_handed_back_and_not_passed_over(
    adapter: Mailchimp | Listmonk, sandbox: SandboxProcess, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = crowd(30)
    who_left(adapter, people)
    monkeypatch.setattr(clock, "LAST_CALL_S", 1.5)
    sandbox.set_mode(name, "slow", latency_ms=100)
    outcomes = adapter.subscribe_many(people, proven=people)
    reached = [one for one in outcomes if isinstance(one, Accepted)]
    assert 0 < len(reached) < 30
    assert outcomes == [*reached, *[NOT_REACHED] * (30 - len(reached))]
    assert came_back(sandbox, name) == [person.address for person in people[: len(reached)]]


CLOSING = "Connection: close\r\n"
EXIST = b'{"errors":[%s]}' % b",".join(
    b'{"email_address":"p%d@b.example","error":"x","error_code":"ERROR_CONTACT_EXISTS"}' % n for n in range(3)
)
BUSY = b'{"title":"Invalid Resource","detail":"has signed up to a lot of lists very recently","status":400}'


def turn(answer: bytes, status: str = "200 OK") -> Talk:
    return http_answer(answer, status, CLOSING)


def member(number: int, status: str) -> Talk:
    return turn(b'{"email_address":"p%d@b.example","status":"%s","contact_id":"c"}' % (number, status.encode()))


def test_once_putting_somebody_back_fails_nobody_else_is_called_for(rude: Callable[[Talk], RudeServer]) -> None:
    server = rude(one_after_another(turn(EXIST), member(0, "unsubscribed"), turn(b"", "503 No")))
    outcomes = adapter_for("mailchimp", server.port).subscribe_many(crowd(3), proven=crowd(3))
    assert outcomes == [Retry("newsletter_unavailable"), NOT_REACHED, NOT_REACHED]
    assert server.calls == 3


def test_who_cannot_be_put_back_for_now_does_not_hold_up_the_others(rude: Callable[[Talk], RudeServer]) -> None:
    first = member(0, "unsubscribed"), turn(BUSY, "400 Bad Request")
    others = member(1, "archived"), member(1, "subscribed"), member(2, "subscribed")
    server = rude(one_after_another(turn(EXIST), *first, *others))
    outcomes = adapter_for("mailchimp", server.port).subscribe_many(crowd(3), proven=crowd(3))
    busy = Retry("newsletter_address_busy", after=4 * 3600.0, blame=Blame.RECIPIENT)
    assert outcomes == [busy, Accepted("c"), Already("c")]
