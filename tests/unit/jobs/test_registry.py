"""The registry is what lies in `jobs/kinds`: adding a kind is adding a file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import kinds as folder
from jobs import registry
from jobs.facts import Fact, SignupCompleted
from jobs.kind import Job, Kind, Nothing, kind
from jobs.outcomes import Accepted, Outcome
from jobs.owing import owe
from jobs.registry import Kinds

A_FILE = """
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Accepted, Outcome


@kind("crm.contact", on=SignupCompleted, queue="crm")
def contact(crm: object, job: Job[Nothing]) -> Outcome:
    return Accepted()
"""


class SomethingElse(Fact):
    NAME = "something.else"


def named(name: str, on: type[Fact] = SignupCompleted, queue: str = "email") -> Kind:
    @kind(name, on=on, queue=queue)
    def deliver(_provider: object, _job: Job[Nothing]) -> Outcome:
        return Accepted()

    return deliver


@pytest.fixture
def another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "usher_test_contact.py").write_text(A_FILE)
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    yield
    sys.modules.pop("jobs.kinds.usher_test_contact", None)


def test_the_kinds_so_far_are_those_of_the_contract() -> None:
    assert set(registry.load()) == {
        *("newsletter.subscribe", "newsletter.unsubscribe", "newsletter.erase"),
        *("notification.confirm.email", "notification.link.email", "notification.welcome.email"),
    }


@pytest.mark.usefixtures("another_file")
def test_adding_a_kind_is_adding_one_file() -> None:
    kinds = registry.load()
    assert kinds["crm.contact"].queue == "crm"
    assert [one.kind for one in owe(SignupCompleted(), kinds)] == [
        "crm.contact",
        "newsletter.subscribe",
        "notification.welcome.email",
    ]


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"twice\.named"):
        Kinds([named("twice.named"), named("twice.named")])


def test_only_kinds_bound_to_the_fact_answer_it_in_the_order_of_their_names() -> None:
    kinds = Kinds([named("b"), named("c", on=SomethingElse), named("a")])
    assert [one.name for one in kinds.answering(SignupCompleted())] == ["a", "b"]
    assert [one.name for one in kinds.answering(SomethingElse())] == ["c"]


def test_queues_are_named_once_and_sorted() -> None:
    kinds = Kinds([named("b", queue="sms"), named("a", queue="email"), named("c", queue="email")])
    assert kinds.queues() == ["email", "sms"]


def test_a_queue_names_the_providers_its_kinds_call() -> None:
    kinds = Kinds([named("a", queue="sms"), named("b"), named("c")])
    assert kinds.providers_on("email") == ["email"]
    assert kinds.providers_on("push") == []
