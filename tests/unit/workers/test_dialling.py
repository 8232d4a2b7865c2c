"""A name is looked up once for all who wait for it, and nobody waits for a silent resolver for longer than they may."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.waiting import eventually
from workers import dialling
from workers.dialling import Names

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]


class Resolver:
    """Stands in for the system's: counts the questions, and answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = threading.Event()
        self.answers.set()
        self.failure: Exception | None = None

    def __call__(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        assert self.answers.wait(10)
        if self.failure is not None:
            raise self.failure
        return FOUND


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    stand_in = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    yield stand_in
    stand_in.answers.set()


def test_an_answer_serves_again_for_a_while(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    assert [names.addresses("a.example", 80, 5) for _ in range(3)] == [FOUND] * 3
    assert resolver.asked == 1
    monkeypatch.setattr(dialling, "KEPT_S", -1.0)
    names.addresses("a.example", 80, 5)
    assert resolver.asked == 2


def test_each_name_has_an_answer_of_its_own(resolver: Resolver) -> None:
    names = Names()
    names.addresses("a.example", 80, 5)
    names.addresses("b.example", 80, 5)
    names.addresses("a.example", 443, 5)
    assert resolver.asked == 3


def test_those_who_want_the_same_name_at_once_ask_once(resolver: Resolver) -> None:
    names = Names()
    resolver.answers.clear()
    found: list[Any] = []
    waiting = [threading.Thread(target=lambda: found.append(names.addresses("a.example", 80, 5))) for _ in range(20)]
    for thread in waiting:
        thread.start()
    resolver.answers.set()
    for thread in waiting:
        thread.join()
    assert (found, resolver.asked) == ([FOUND] * 20, 1)


def test_nobody_waits_for_a_silent_resolver_for_longer_than_they_may_and_it_is_not_asked_twice(
    resolver: Resolver,
) -> None:
    names = Names()
    resolver.answers.clear()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            names.addresses("a.example", 80, 0.05)
    assert resolver.asked == 1
    resolver.answers.set()
    assert names.addresses("a.example", 80, 5) == FOUND
    assert resolver.asked == 1, "the late answer is an answer"


@pytest.mark.parametrize("failure", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long")])
def test_a_name_that_is_not_known_is_told_and_asked_again_by_the_next(resolver: Resolver, failure: Exception) -> None:
    names = Names()
    resolver.failure = failure
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            names.addresses("a.example", 80, 5)
    resolver.failure = None
    assert names.addresses("a.example", 80, 5) == FOUND
    assert resolver.asked == 3


def test_answers_that_serve_no_more_are_forgotten(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    monkeypatch.setattr(dialling, "KEPT_S", -1.0)
    for n in range(50):
        names.addresses(f"host-{n}.example", 80, 5)
    assert (resolver.asked, len(names._asked)) == (50, 1)


@pytest.fixture
def own_name(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], str]], str]:
    """What the machine says it is called, while its resolver behaves so."""

    def ask(getfqdn: Callable[[], str]) -> str:
        monkeypatch.setattr(dialling, "_names", Names())
        monkeypatch.setattr(socket, "getfqdn", getfqdn)
        return dialling.own_name()

    return ask


def test_a_machine_introduces_itself_by_its_full_name_or_by_none(own_name: Callable[..., str]) -> None:
    assert own_name(lambda: "worker-1.example.org") == "worker-1.example.org"
    assert own_name(lambda: "worker-1") == ""


def test_a_resolver_that_is_silent_about_the_machine_itself_holds_nobody_up(
    own_name: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialling, "OWN_NAME_S", 0.05)
    answers = threading.Event()

    def late() -> str:
        assert answers.wait(10)
        return "late.example.org"

    assert own_name(late) == ""
    answers.set()
    assert eventually(dialling.own_name) == "late.example.org"
