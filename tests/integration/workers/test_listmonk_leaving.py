"""listmonk's adapter and people who go or come back: nobody is put back, taken off or erased but who asked for it."""

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
from workers.providers import listmonk
from workers.providers.dsn import parse
from workers.providers.listmonk import Listmonk

ANN = Recipient("ann@b.example", "Ann", "de")
BOB = Recipient("bob@b.example", None, None)
UNEXPECTED = Retry("newsletter_unexpected_answer")
Ask = Callable[[Listmonk], Outcome]
GO: dict[str, Ask] = {"leaving": lambda to: to.unsubscribe(ANN), "erasing": lambda to: to.erase(ANN)}
GONE = {"leaving": "lists.unsubscribed", "erasing": "subscriber.deleted"}
both = pytest.mark.parametrize("what", GO)


def adapter_for(port: int, number: int = 1) -> Listmonk:
    return Listmonk(parse(f"listmonk+http://usher:token@127.0.0.1:{port}/?list={number}"))


@pytest.fixture
def adapter(sandbox: SandboxProcess) -> Listmonk:
    return adapter_for(sandbox.http_port)


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def api(sandbox: SandboxProcess, method: str, path: str, **more: object) -> dict[str, object]:
    """What an operator does in listmonk itself."""
    url = f"{sandbox.http_url}/api{path}"
    answer = requests.request(method, url, headers={"Authorization": "token a:b"}, timeout=5, **more)
    answer.raise_for_status()
    return answer.json()["data"]


def record(sandbox: SandboxProcess, person: Recipient = ANN) -> dict[str, object] | None:
    """The person as listmonk knows them."""
    quoted = person.address.lower().replace("'", "''")
    found = api(sandbox, "GET", "/subscribers", params={"query": f"subscribers.email='{quoted}'"})["results"]
    return found[0] if found else None


def standings(sandbox: SandboxProcess, person: Recipient = ANN) -> dict[int, str]:
    row = record(sandbox, person)
    assert row is not None
    return {one["id"]: one["subscription_status"] for one in row["lists"]}


def effects(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    return [(entry["effect"], entry["key"]) for entry in sandbox.journal("listmonk")]


# Leaving


def test_who_leaves_is_off_our_list_alone_and_listmonk_remembers_it(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter_for(sandbox.http_port, 2).subscribe(ANN)
    adapter.subscribe(ANN)
    number = str(record(sandbox)["id"])
    assert adapter.unsubscribe(ANN) == Accepted(number)
    assert standings(sandbox) == {1: "unsubscribed", 2: "confirmed"}
    assert adapter.subscribe(ANN) == Suppressed("newsletter_unsubscribed")


@pytest.mark.parametrize("address", ["o'neil@b.example", "a''b'@b.example", "Mixed.Case@B.example"])
@both
def test_an_address_is_looked_up_as_listmonk_has_it(
    adapter: Listmonk, sandbox: SandboxProcess, what: str, address: str
) -> None:
    person = Recipient(address, None, None)
    adapter.subscribe(person)
    adapter.subscribe(BOB)
    outcome = adapter.unsubscribe(person) if what == "leaving" else adapter.erase(person)
    assert isinstance(outcome, Accepted)
    assert effects(sandbox)[2:] == [(GONE[what], address.lower())]


def test_leaving_twice_is_one_effect(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    number = adapter.subscribe(ANN).provider_id
    assert [adapter.unsubscribe(ANN), adapter.unsubscribe(ANN)] == [Accepted(number), Already(number)]
    assert effects(sandbox)[1:] == [("lists.unsubscribed", ANN.address)]


def test_somebody_who_is_on_another_list_only_is_left_there(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter_for(sandbox.http_port, 2).subscribe(ANN)
    assert isinstance(adapter.unsubscribe(ANN), Already)
    assert standings(sandbox) == {2: "confirmed"}


def test_somebody_who_is_blocked_stays_blocked_when_they_leave(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter.subscribe(ANN)
    api(sandbox, "PUT", f"/subscribers/{record(sandbox)['id']}/blocklist")
    assert isinstance(adapter.unsubscribe(ANN), Already)
    assert record(sandbox)["status"] == "blocklisted"


@both
def test_nobody_is_created_in_order_to_go(adapter: Listmonk, sandbox: SandboxProcess, what: str) -> None:
    adapter.subscribe(BOB)
    assert GO[what](adapter) == Already()
    assert effects(sandbox) == [("subscriber.created", BOB.address)]


# Erasing


def test_who_is_erased_is_gone_from_every_list_and_nothing_of_theirs_is_kept(
    adapter: Listmonk, sandbox: SandboxProcess
) -> None:
    adapter_for(sandbox.http_port, 2).subscribe(ANN)
    adapter.subscribe(BOB)
    assert adapter.erase(ANN) == Accepted(None)
    assert record(sandbox) is None
    assert record(sandbox, BOB) is not None
    assert adapter.erase(ANN) == Already()
    assert effects(sandbox)[2:] == [("subscriber.deleted", ANN.address)]


def test_somebody_who_was_blocked_is_erased_with_the_block(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter.subscribe(ANN)
    api(sandbox, "PUT", f"/subscribers/{record(sandbox)['id']}/blocklist")
    assert adapter.erase(ANN) == Accepted(None)
    assert record(sandbox) is None


def test_who_was_erased_and_comes_again_by_themselves_is_somebody_new(
    adapter: Listmonk, sandbox: SandboxProcess
) -> None:
    adapter.subscribe(ANN)
    adapter.erase(ANN)
    assert isinstance(adapter.subscribe(ANN, proven=True), Accepted)
    assert standings(sandbox) == {1: "confirmed"}


# Coming back


def test_who_left_and_asks_for_it_themselves_is_put_back(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    number = adapter.subscribe(ANN).provider_id
    adapter.unsubscribe(ANN)
    assert adapter.subscribe(ANN, proven=True) == Accepted(number)
    assert standings(sandbox) == {1: "confirmed"}
    assert adapter.subscribe(ANN, proven=True) == Already(number)


def test_who_is_blocked_is_not_put_back_by_their_own_wish(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter.subscribe(ANN)
    api(sandbox, "PUT", f"/subscribers/{record(sandbox)['id']}/blocklist")
    before = effects(sandbox)
    assert adapter.subscribe(ANN, proven=True) == Suppressed("newsletter_blocklisted")
    assert effects(sandbox) == before


def test_nobodys_consent_is_taken_as_proven_in_bulk(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    adapter.subscribe(ANN)
    adapter.unsubscribe(ANN)
    assert adapter.subscribe_many([ANN]) == [Suppressed("newsletter_unsubscribed")]
    assert standings(sandbox) == {1: "unsubscribed"}


# Trouble

MODES: list[tuple[str, Outcome]] = [
    ("down", Retry("newsletter_unavailable")),
    ("error", Retry("newsletter_unavailable")),
    ("refuse", Retry("newsletter_connection_lost")),
    ("unauthorized", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("rate_limited", Retry("newsletter_rate_limited", after=7.0, blame=Blame.LIMIT)),
]


@both
@pytest.mark.parametrize(("mode", "outcome"), MODES)
def test_a_provider_in_trouble_lets_nobody_go_and_is_asked_again(
    adapter: Listmonk, sandbox: SandboxProcess, what: str, mode: str, outcome: Outcome
) -> None:
    adapter.subscribe(ANN)
    sandbox.set_mode("listmonk", mode, retry_after_s=7)
    assert GO[what](adapter) == outcome
    sandbox.set_mode("listmonk", "ok")
    assert len(effects(sandbox)) == 1
    assert isinstance(GO[what](adapter), Accepted)
    assert effects(sandbox)[1:] == [(GONE[what], ANN.address)]


@both
def test_an_answer_that_was_lost_is_no_second_effect(adapter: Listmonk, sandbox: SandboxProcess, what: str) -> None:
    adapter.subscribe(ANN)
    sandbox.set_mode("listmonk", "commit_then_drop")
    assert GO[what](adapter) == Retry("newsletter_connection_lost")
    assert isinstance(GO[what](adapter), Already)  # what has no effect is answered
    sandbox.set_mode("listmonk", "ok")
    assert effects(sandbox)[1:] == [(GONE[what], ANN.address)]


@both
def test_a_flaky_provider_lets_them_go_once_in_the_end(adapter: Listmonk, sandbox: SandboxProcess, what: str) -> None:
    adapter.subscribe(ANN)
    sandbox.set_mode("listmonk", "flaky", error_rate=0.5, seed=1)
    outcomes = [GO[what](adapter) for _ in range(20)]
    assert {type(one) for one in outcomes} >= {Retry, Already}
    sandbox.set_mode("listmonk", "ok")
    assert isinstance(GO[what](adapter), Already)
    assert effects(sandbox)[1:] == [(GONE[what], ANN.address)]


@both
def test_a_slow_provider_is_waited_for(adapter: Listmonk, sandbox: SandboxProcess, what: str) -> None:
    adapter.subscribe(ANN)
    sandbox.set_mode("listmonk", "slow", latency_ms=200)
    assert isinstance(GO[what](adapter), Accepted)


@both
@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_no_provider_holds_a_call_beyond_its_deadline(
    adapter: Listmonk, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, what: str, mode: str
) -> None:
    adapter.subscribe(ANN)
    monkeypatch.setattr(listmonk, "TOTAL_S", 0.7)
    sandbox.set_mode("listmonk", mode)
    began = time.monotonic()
    assert GO[what](adapter) == Retry("newsletter_timeout")
    assert time.monotonic() - began < 6


@both
def test_nobody_listening_is_known_not_to_have_been_sent(what: str) -> None:
    with RudeServer(lambda _: None) as server:
        port = server.port
    assert GO[what](adapter_for(port)) == Retry("newsletter_connect_refused")


# Rudeness


def found(**changes: object) -> bytes:
    """A look-up's answer with one row in it."""
    row = {"id": 3, "email": ANN.address, "status": "enabled", "lists": [{"id": 1, "subscription_status": "confirmed"}]}
    return json.dumps({"data": {"results": [{**row, **changes}], "total": 1}}).encode()


LOOKED_UP_WRONG = [
    b"",
    b"null",
    b"[]",
    b"<html>",
    b"\xff",
    b'{"data": true}',
    b'{"data": {}}',
    b'{"data": {"results": null}}',
    b'{"data": {"results": 5}}',
    b'{"data": {"results": [5]}}',
    b'{"data": {"results": [{}]}}',
    b"[" * 100_000,
    found(email="eve@b.example"),
    found(email=None),
    found(email=[ANN.address]),
    found(id="3; DROP"),
    found(id=None),
    found(id=True),
    found(lists=5),
    found(lists=[{"id": []}]),
]


@both
@pytest.mark.parametrize("body", LOOKED_UP_WRONG, ids=lambda body: body[:60])
def test_no_answer_to_looking_them_up_takes_somebody_else_away_or_counts_as_gone(
    rude: Callable[[Talk], RudeServer], what: str, body: bytes
) -> None:
    server = rude(http_answer(body, headers="Connection: close\r\n"))
    assert GO[what](adapter_for(server.port)) == UNEXPECTED
    assert server.calls == 1, "nothing is changed on such an answer"


CLOSING = "Connection: close\r\n"
OFF = found(lists=[{"id": 1, "subscription_status": "unsubscribed"}])
SECOND: list[tuple[str, bytes, Outcome | None]] = [
    ("200 OK", b'{"data": true}', None),
    ("200 OK", b'{"data": false}', UNEXPECTED),
    ("200 OK", b'{"data": {"results": []}}', UNEXPECTED),
    ("200 OK", b"<html>", UNEXPECTED),
    ("204 No Content", b"", UNEXPECTED),
    ("301 Moved", b"{}", Retry("newsletter_redirects", blame=Blame.OPERATOR)),
    ("400 Bad Request", b"{}", Rejected("newsletter_rejected")),
    ("400 Bad Request", b"The e-mail domain is blocklisted.", Rejected("newsletter_domain_blocklisted")),
    ("403 Forbidden", b'{"message": "no"}', Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("403 Forbidden", b"<html>", Retry("newsletter_forbidden", blame=Blame.EITHER)),
    ("404 Not Found", b"{}", Retry("newsletter_not_found", blame=Blame.OPERATOR)),
    ("429 Too Many Requests", b"{}", Retry("newsletter_rate_limited", blame=Blame.LIMIT)),
    ("500 Internal Server Error", b"{}", Retry("newsletter_unavailable")),
    ("503 Service Unavailable", b"<html>", Retry("newsletter_unavailable")),
]


@both
@pytest.mark.parametrize(("status", "body", "outcome"), SECOND)
def test_nobody_counts_as_gone_before_listmonk_said_so_and_nobody_is_passed_over(
    rude: Callable[[Talk], RudeServer], what: str, status: str, body: bytes, outcome: Outcome | None
) -> None:
    turns = http_answer(found(), headers=CLOSING), http_answer(body, status, CLOSING), http_answer(OFF)
    server = rude(one_after_another(*turns))
    done = Accepted("3") if what == "leaving" else Accepted(None)
    assert GO[what](adapter_for(server.port)) == (outcome or done)
    assert server.calls == (3 if what == "leaving" and outcome is None else 2)


DONE = http_answer(b'{"data": true}', headers=CLOSING)


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (OFF, Accepted("3")),
        (found(lists=[]), Accepted("3")),
        (b'{"data": {"results": []}}', Accepted("3")),
        (found(), Retry("newsletter_list_not_permitted", blame=Blame.OPERATOR)),
        (found(email="eve@b.example"), UNEXPECTED),
        (b"<html>", UNEXPECTED),
    ],
)
def test_listmonk_is_not_taken_at_its_word_since_it_says_done_to_who_may_not_manage_the_list(
    rude: Callable[[Talk], RudeServer], after: bytes, outcome: Outcome
) -> None:
    turns = http_answer(found(), headers=CLOSING), DONE, http_answer(after)
    assert adapter_for(rude(one_after_another(*turns)).port).unsubscribe(ANN) == outcome


@both
def test_an_answer_cut_short_is_no_answer(rude: Callable[[Talk], RudeServer], what: str) -> None:
    cut = http_answer(b'{"data": true}', cut=5)
    server = rude(one_after_another(http_answer(found(), headers=CLOSING), cut))
    assert GO[what](adapter_for(server.port)) == Retry("newsletter_connection_lost")
