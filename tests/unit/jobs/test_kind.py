"""A kind is declared in one place, and says no to what it does not understand."""

import pytest
from pydantic import ValidationError

from jobs.facts import SignupCompleted
from jobs.kind import Job, Kind, Nothing, Payload, kind
from jobs.outcomes import Accepted, Outcome


class Locale(Payload):
    locale: str | None


def declared(**options: object) -> Kind:
    @kind("test.kind", on=SignupCompleted, queue="newsletter", **options)
    def deliver(_provider: object, _job: Job[Nothing]) -> Outcome:
        return Accepted()

    return deliver


def test_an_option_that_does_not_exist_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="retry_bakoff"):
        declared(retry_bakoff=3)


def test_a_value_that_cannot_be_meant_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="time_limit"):
        declared(time_limit=0)


def test_options_become_the_policy() -> None:
    assert declared(max_retries=7).policy.max_retries == 7


def test_the_provider_is_the_queues_own_unless_it_is_given() -> None:
    assert declared().provider == "newsletter"
    assert declared(provider="crm").provider == "crm"


def test_the_function_is_what_delivers() -> None:
    assert declared().deliver(None, None) == Accepted()


def test_a_payload_refuses_fields_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        Locale.model_validate({"locale": "de", "address": "a@b.example"})


def test_a_payload_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Locale(locale="de").locale = "fr"
