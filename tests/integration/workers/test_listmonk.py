"""listmonk's adapter: every answer that listmonk can give, and some that it cannot; effects are counted at its end."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed
from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, one_after_another, read_exactly
from tests.sandbox_process import SandboxProcess
from workers.providers import clock, listmonk
from workers.providers.dsn import parse
from workers.providers.listmonk import Listmonk

ANN = Recipient("ann@b.example", "Ann", "de")
UNEXPECTED = Retry("newsletter_unexpected_answer")
Connect = Callable[..., Listmonk]


@pytest.fixture
def connect(sandbox: SandboxProcess) -> Connect:
    """An adapter for a list of the sandbox's, or of another server's."""

    def make(port: int = sandbox.http_port, number: int = 1) -> Listmonk:
        return Listmonk(parse(f"listmonk+http://usher:token@127.0.0.1:{port}/?list={number}"))

    return make


@pytest.fixture
def adapter(connect: Connect) -> Listmonk:
    return connect()


@pytest.fixture
def rude() -> Iterator[Callable[[Talk], RudeServer]]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


def api(sandbox: SandboxProcess, method: str, path: str, **more: object) -> dict[str, object]:
    """What an operator does in listmonk itself."""
    answer = requests.request(
        method, f"{sandbox.http_url}/api{path}", headers={"Authorization": "token a:b"}, timeout=5, **more
    )
    answer.raise_for_status()
    return answer.json()["data"]


def known(sandbox: SandboxProcess, address: str = ANN.address, lists: tuple[int, ...] = (2,), **more: object) -> int:
    """Somebody whom listmonk knows already."""
    body = {"email": address, "name": "x", "status": "enabled", "lists": lists, "preconfirm_subscriptions": True}
    return int(api(sandbox, "POST", "/subscribers", json={**body, **more})["id"])


def effects(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    return [(entry["effect"], entry["key"]) for entry in sandbox.journal("listmonk")]


def test_somebody_new_is_created_on_the_list(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    assert isinstance(adapter.subscribe(ANN), Accepted)
    (entry,) = sandbox.journal("listmonk")
    assert (entry["effect"], entry["key"], entry["name"]) == ("subscriber.created", "ann@b.example", "Ann")
    assert entry["lists"] == [{"id": 1, "status": "confirmed"}]


def test_listmonks_own_number_is_kept(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    outcome = adapter.subscribe(ANN)
    assert outcome == Accepted(str(sandbox.journal("listmonk")[0]["id"]))


@pytest.mark.parametrize("address", ["ann@b.example", "o'neil@b.example", "a''b'@b.example", "Mixed.Case@B.example"])
def test_somebody_known_is_added_to_the_list(adapter: Listmonk, sandbox: SandboxProcess, address: str) -> None:
    number = known(sandbox, address)
    assert adapter.subscribe(Recipient(address, None, None)) == Already(str(number))
    assert sandbox.journal("listmonk")[-1]["lists"] == [
        {"id": 2, "status": "confirmed"},
        {"id": 1, "status": "confirmed"},
    ]


def test_somebody_who_is_on_the_list_already_costs_no_effect(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    assert isinstance(adapter.subscribe(ANN), Accepted)
    assert isinstance(adapter.subscribe(ANN), Already)
    assert len(effects(sandbox)) == 1


def test_somebody_who_left_is_not_put_back(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    number = known(sandbox, lists=(1,))
    api(sandbox, "PUT", "/subscribers/lists", json={"ids": [number], "action": "unsubscribe", "target_list_ids": [1]})
    before = effects(sandbox)
    assert adapter.subscribe(ANN) == Suppressed("newsletter_unsubscribed")
    assert effects(sandbox) == before


def test_somebody_who_is_blocked_stays_blocked(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    api(sandbox, "PUT", f"/subscribers/{known(sandbox)}/blocklist")
    before = effects(sandbox)
    assert adapter.subscribe(ANN) == Suppressed("newsletter_blocklisted")
    assert effects(sandbox) == before


def test_a_list_that_is_not_there_is_the_operators_fault(connect: Connect) -> None:
    assert connect(number=99).subscribe(ANN) == Retry("newsletter_list_gone", blame=Blame.OPERATOR)


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("not an address", Rejected("newsletter_address_rejected")),
        ("ann@blocked.example", Suppressed("newsletter_domain_blocklisted")),
    ],
)
def test_what_listmonk_refuses_for_good_is_not_tried_again(adapter: Listmonk, address: str, outcome: Outcome) -> None:
    assert adapter.subscribe(Recipient(address, None, None)) == outcome


MODES = [
    ("down", Retry("newsletter_unavailable")),
    ("error", Retry("newsletter_unavailable")),
    ("refuse", Retry("newsletter_connection_lost")),
    ("unauthorized", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
    ("rate_limited", Retry("newsletter_rate_limited", after=7.0, blame=Blame.LIMIT)),
]


@pytest.mark.parametrize(("mode", "outcome"), MODES)
def test_a_provider_in_trouble_has_no_effect_and_is_tried_again(
    adapter: Listmonk, sandbox: SandboxProcess, mode: str, outcome: Outcome
) -> None:
    sandbox.set_mode("listmonk", mode, retry_after_s=7)
    assert adapter.subscribe(ANN) == outcome
    sandbox.set_mode("listmonk", "ok")
    assert isinstance(adapter.subscribe(ANN), Accepted)
    assert len(effects(sandbox)) == 1


@pytest.mark.parametrize("mode", ["down", "error", "unauthorized", "rate_limited"])
def test_trouble_in_the_middle_of_adding_somebody_known_is_told_as_such(
    connect: Connect, rude: Callable[[Talk], RudeServer], mode: str
) -> None:
    """A 409 at first, and then trouble: the second call's answer decides."""
    words = {
        "down": ("503 Service Unavailable", Retry("newsletter_unavailable")),
        "error": ("500 Internal Server Error", Retry("newsletter_unavailable")),
        "unauthorized": ("403 Forbidden", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
        "rate_limited": ("429 Too Many Requests", Retry("newsletter_rate_limited", blame=Blame.LIMIT)),
    }
    status, outcome = words[mode]
    said = b'{"message": "no"}'
    turns = (http_answer(said, "409 Conflict", "Connection: close\r\n"), http_answer(said, status))
    server = rude(one_after_another(*turns))
    assert connect(server.port).subscribe(ANN) == outcome


def test_a_slow_provider_is_waited_for(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "slow", latency_ms=200)
    assert isinstance(adapter.subscribe(ANN), Accepted)


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_no_provider_holds_a_call_beyond_its_deadline(
    adapter: Listmonk, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(listmonk, "TOTAL_S", 0.7)
    sandbox.set_mode("listmonk", mode)
    began = time.monotonic()
    assert adapter.subscribe(ANN) == Retry("newsletter_timeout")
    assert time.monotonic() - began < 6


def test_an_answer_that_was_lost_is_no_second_effect(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "commit_then_drop")
    assert adapter.subscribe(ANN) == Retry("newsletter_connection_lost")
    sandbox.set_mode("listmonk", "ok")
    assert isinstance(adapter.subscribe(ANN), Already)
    assert effects(sandbox) == [("subscriber.created", "ann@b.example")]


def test_nobody_listening_is_known_not_to_have_been_sent(connect: Connect) -> None:
    with RudeServer(lambda _: None) as server:
        port = server.port
    assert connect(port).subscribe(ANN) == Retry("newsletter_connect_refused")


def test_a_connection_that_went_stale_while_idle_is_replaced(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    assert isinstance(adapter.subscribe(ANN), Accepted)
    sandbox.set_mode("listmonk", "refuse")
    sandbox.set_mode("listmonk", "ok")
    assert isinstance(adapter.subscribe(Recipient("bob@b.example", None, None)), Accepted)


def test_connections_are_kept_and_used_again(adapter: Listmonk, sandbox: SandboxProcess) -> None:
    before = sandbox.state("listmonk")["connections"]
    for n in range(5):
        adapter.subscribe(Recipient(f"p{n}@b.example", None, None))
    assert sandbox.state("listmonk")["connections"] - before <= 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("301 Moved Permanently", Retry("newsletter_redirects", blame=Blame.OPERATOR)),
        ("401 Unauthorized", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
        ("403 Forbidden", Retry("newsletter_unauthorized", blame=Blame.OPERATOR)),
        ("404 Not Found", Retry("newsletter_not_found", blame=Blame.OPERATOR)),
        ("400 Bad Request", Rejected("newsletter_rejected")),
        ("408 Request Timeout", Retry("newsletter_unavailable")),
        ("425 Too Early", Retry("newsletter_unavailable")),
        ("418 I'm a teapot", Rejected("newsletter_http_418")),
        ("502 Bad Gateway", Retry("newsletter_unavailable")),
        ("201 Created", UNEXPECTED),
        ("204 No Content", UNEXPECTED),
    ],
)
def test_each_status_has_its_outcome(
    connect: Connect, rude: Callable[[Talk], RudeServer], status: str, outcome: Outcome
) -> None:
    body = b"" if status.startswith("204") else b'{"message": "no"}'
    server = rude(http_answer(body, status, "Location: http://127.0.0.1:1/\r\n"))
    assert connect(server.port).subscribe(ANN) == outcome
    assert server.calls == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b"\xff", b'{"message": 5}', b"[" * 100_000])
def test_a_403_in_other_words_than_listmonks_may_be_about_what_one_person_typed(
    connect: Connect, rude: Callable[[Talk], RudeServer], body: bytes
) -> None:
    server = rude(http_answer(body, "403 Forbidden"))
    assert connect(server.port).subscribe(ANN) == Retry("newsletter_forbidden", blame=Blame.EITHER)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_is_taken_from_any_answer_that_means_later(
    connect: Connect, rude: Callable[[Talk], RudeServer], status: str
) -> None:
    outcome = connect(rude(http_answer(b"{}", status, "Retry-After: 120\r\n")).port).subscribe(ANN)
    assert isinstance(outcome, Retry)
    assert outcome.after == 120


SOMEBODY = b'{"data": {"results": [%s], "total": 1}}'
CREATED_WRONG = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"<html>",
    b"\xff",
    b'{"data": 5}',
    b'{"data": null}',
    b'{"data": {}}',
    b'{"data": {"id": 3, "lists": 5}}',
    b'{"data": {"id": 3, "lists": [5, null, {"id": [1]}, {"id": {}}]}}',
    b"[" * 100_000,
]
FOUND_WRONG = [
    *CREATED_WRONG,
    b'{"data": {"results": 5}}',
    SOMEBODY % b"5",
    SOMEBODY % b"{}",
    SOMEBODY % b'{"id": 3, "email": null}',
    SOMEBODY % b'{"id": 3, "email": ["ann@b.example"]}',
    SOMEBODY % b'{"id": 3, "email": "eve@b.example", "lists": []}',
    SOMEBODY % b'{"id": "3; DROP", "email": "ann@b.example", "lists": []}',
    SOMEBODY % b'{"email": "ann@b.example", "lists": []}',
    SOMEBODY % b'{"id": 3, "email": "ann@b.example", "lists": 5}',
    SOMEBODY % b'{"id": 3, "email": "ann@b.example", "lists": [5, {"id": []}]}',
]


@pytest.mark.parametrize("body", CREATED_WRONG, ids=lambda body: body[:40])
def test_no_answer_to_creating_somebody_can_make_it_raise(
    connect: Connect, rude: Callable[[Talk], RudeServer], body: bytes
) -> None:
    outcome = connect(rude(http_answer(body)).port).subscribe(ANN)
    assert outcome in {UNEXPECTED, Retry("newsletter_list_gone", blame=Blame.OPERATOR)}


@pytest.mark.parametrize("body", FOUND_WRONG, ids=lambda body: body[:60])
def test_no_answer_to_looking_somebody_up_can_make_it_raise_or_act_on_somebody_elses_row(
    connect: Connect, rude: Callable[[Talk], RudeServer], body: bytes
) -> None:
    turns = (http_answer(b"{}", "409 Conflict", "Connection: close\r\n"), http_answer(body))
    server = rude(one_after_another(*turns))
    outcome = connect(server.port).subscribe(ANN)
    assert outcome in {UNEXPECTED, Retry("newsletter_lookup_empty")}
    assert server.calls == 2, "nothing is changed on such an answer"


@pytest.mark.parametrize("number", [b'"\\u0000"', b'"\\ud800"', b'"a name"', b"[1]", b"null", b"true"])
def test_only_a_number_is_taken_for_listmonks_id_since_the_ledger_has_to_store_it(
    connect: Connect, rude: Callable[[Talk], RudeServer], number: bytes
) -> None:
    body = b'{"data": {"id": %s, "lists": [{"id": 1}]}}' % number
    assert connect(rude(http_answer(body)).port).subscribe(ANN) == Accepted(None)


@pytest.mark.parametrize("cut", [0, 10])
def test_an_answer_cut_short_is_no_answer(connect: Connect, rude: Callable[[Talk], RudeServer], cut: int) -> None:
    server = rude(http_answer(b'{"data": {"id": 3, "lists": [{"id": 1}]}}', cut=cut))
    assert connect(server.port).subscribe(ANN) == Retry("newsletter_connection_lost")


def test_a_provider_that_hangs_up_without_a_word_may_have_done_it(
    connect: Connect, rude: Callable[[Talk], RudeServer]
) -> None:
    server = rude(lambda caller: caller.recv(10) and None)
    assert connect(server.port).subscribe(ANN) == Retry("newsletter_connection_lost")


def test_the_calls_for_one_person_share_the_time_there_is(
    connect: Connect, rude: Callable[[Talk], RudeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rude(
        one_after_another(
            http_answer(b"{}", "409 Conflict", "Connection: close\r\n"), lambda caller: read_exactly(caller, 1_000_000)
        )
    )
    monkeypatch.setattr(clock, "ALL_S", 1.0)
    began = time.monotonic()
    assert connect(server.port).subscribe(ANN) == Retry("newsletter_timeout")
    assert time.monotonic() - began < 6
    assert server.calls == 2


def test_many_are_called_for_one_after_the_other_and_have_an_outcome_each_in_their_order(
    adapter: Listmonk, sandbox: SandboxProcess
) -> None:
    known(sandbox, "here@b.example", lists=(1,))
    people = [Recipient(address, None, None) for address in ("new@b.example", "no;address@b.example", "here@b.example")]
    outcomes = adapter.subscribe_many(people)
    assert [type(one) for one in outcomes] == [Accepted, Rejected, Already]
    assert adapter.bulk == 1, "it has no call for many"
    assert adapter.subscribe_many([]) == []
