"""A kind is declared in one place, and says no to what it does not understand."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from jobs.facts import SignupCompleted
from jobs.kind import LARGEST_BATCH, Job, Kind, Nothing, Payload, kind
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


@pytest.mark.parametrize("batch", [1, 2, 500, LARGEST_BATCH])
def test_a_kind_says_how_many_travel_together(batch: int) -> None:
    assert declared(batch=batch).batch == batch


def test_a_kind_that_does_not_say_travels_alone_and_has_no_bulk_call() -> None:
    assert (declared().batch, declared().deliver_all) == (1, None)


@pytest.mark.parametrize("batch", [0, -1, LARGEST_BATCH + 1, 10**9, 2.0, "50", True, None])
def test_a_batch_that_cannot_be_meant_is_refused_in_one_line_that_names_the_kind(batch: object) -> None:
    with pytest.raises(ValueError, match=r"^the batch of test\.kind must be a whole number from 1 to 1000, not .*$"):
        declared(batch=batch)


def test_how_to_do_many_in_one_call_is_declared_beside_how_to_do_one() -> None:
    def deliver_all(_provider: object, jobs: Sequence[Job[Nothing]]) -> Sequence[Outcome]:
        return [Accepted(str(number)) for number, _ in enumerate(jobs)]

    made = declared(in_bulk=deliver_all, batch=500)
    assert made.deliver_all is not None
    assert made.deliver_all(None, [None, None]) == [Accepted("0"), Accepted("1")]
    assert made.deliver(None, None) == Accepted()


def test_a_payload_refuses_fields_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        Locale.model_validate({"locale": "de", "address": "a@b.example"})


def test_a_payload_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Locale(locale="de").locale = "fr"
