"""What a fact owes: one row for each kind bound to it, its payload taken by name, its policy copied."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from jobs.facts import Fact, SignupCompleted
from jobs.kind import Job, Kind, Nothing, Payload, kind
from jobs.outcomes import Accepted, Outcome
from jobs.owing import owe
from jobs.registry import Kinds, load
from ledger.owed import Owed


class Locale(Payload):
    locale: str | None


class Proof(Payload):
    proven: bool = False


class Unheard(Payload):
    telephone: str


class Renamed(Fact):
    NAME = "account.renamed"


def declared(name: str, *, on: type[Fact] = SignupCompleted, payload: type[Payload] = Nothing, **more: object) -> Kind:
    @kind(name, on=on, queue="email", payload=payload, **more)
    def deliver(_provider: object, _job: Job[Payload]) -> Outcome:
        return Accepted()

    return deliver


def test_the_payload_is_taken_from_the_fact_by_name() -> None:
    (found,) = owe(SignupCompleted(locale="de-CH"), Kinds([declared("a", payload=Locale)]))
    assert found.payload == {"locale": "de-CH"}


def test_a_payload_that_wants_nothing_is_told_nothing() -> None:
    (found,) = owe(SignupCompleted(locale="de-CH"), Kinds([declared("a")]))
    assert found.payload == {}


def test_what_has_a_default_is_named_where_it_says_something_else() -> None:
    kinds = Kinds([declared("a", payload=Proof)])
    assert [owe(SignupCompleted(proven=proven), kinds)[0].payload for proven in (False, True)] == [{}, {"proven": True}]


def test_a_sign_up_owes_nothing_that_a_worker_of_the_release_before_would_bury() -> None:
    owed = owe(SignupCompleted(locale="de"), load())
    assert {one.kind: one.payload for one in owed} == {"newsletter.subscribe": {}, "notification.welcome.email": {}}


def test_a_kind_bound_to_another_fact_is_not_owed() -> None:
    kinds = Kinds([declared("a"), declared("b", on=Renamed)])
    assert [found.kind for found in owe(SignupCompleted(), kinds)] == ["a"]


def test_nothing_is_owed_where_one_payload_does_not_validate() -> None:
    kinds = Kinds([declared("a"), declared("b", payload=Unheard)])
    with pytest.raises(ValidationError, match="telephone"):
        owe(SignupCompleted(), kinds)


def test_name_queue_provider_and_policy_are_copied() -> None:
    options = {"max_retries": 4, "max_age": timedelta(hours=1), "time_limit": 9, "resend": True}
    (found,) = owe(SignupCompleted(), Kinds([declared("a", provider="mailer", once=True, **options)]))
    assert found == Owed("a", "email", "mailer", {}, once=True, max_retries=4, max_age=3600, time_limit=9, resend=True)


def test_a_fact_refuses_what_it_has_no_room_for_such_as_an_address() -> None:
    with pytest.raises(ValidationError):
        SignupCompleted(address="a@b.example")
