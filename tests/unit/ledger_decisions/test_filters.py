"""What an operator may type, and how a typing error is answered. No ledger is asked for words the code knows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from jobs import registry
from ledger.decisions import Verb
from ledger.operations import FASTEST
from ledger.selection import Selection
from ledger.states import State
from webapp.ops.filters import RATES, Bulk, Filters, JobsQuery, _Asked
from webapp.ops.vocabulary import Vocabulary

WORDS = Vocabulary(registry.load(), waiting_kinds=["gone.kind"], waiting_queues=["gone"])


def read(model: type[Any], verb: Verb = Verb.RETRY, **sent: Any) -> Any:
    return model.model_validate(sent, context=_Asked(WORDS, verb))


def complaint(model: type[Any], verb: Verb = Verb.RETRY, **sent: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        read(model, verb, **sent)
    (found,) = refusal.value.errors()
    return str(found["ctx"]["error"])


def test_every_word_that_is_known_is_taken() -> None:
    for kind in [*registry.load(), "gone.kind"]:
        assert read(Filters, kind=kind).selection() == Selection(kind=kind)
    for queue in [*registry.load().queues(), "gone"]:
        assert read(Filters, queue=queue).selection() == Selection(queue=queue)
    for state in State:
        assert read(Filters, state=state.value).selection() == Selection(state=state)


@pytest.mark.parametrize(
    ("field", "known"),
    [("state", list(State)), ("kind", [*registry.load(), "gone.kind"]), ("queue", [*registry.load().queues(), "gone"])],
)
def test_a_word_that_is_not_known_is_answered_with_those_that_are(field: str, known: list[str]) -> None:
    said = complaint(Filters, **{field: "failed"})
    assert "'failed'" in said
    assert all(word in said for word in known)


def test_a_long_word_is_not_repeated_at_length() -> None:
    assert "x" * 41 not in complaint(Filters, kind="x" * 5_000)


@pytest.mark.parametrize("code", ["", "a b", "a'b", "x" * 201, "é", "a\n", "\0"])
def test_what_cannot_be_an_error_code_is_refused(code: str) -> None:
    assert "error code" in complaint(Filters, error=code)


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31"])
def test_a_time_needs_a_date_an_hour_and_a_zone(moment: str) -> None:
    assert "2026-01-31T12:00:00Z" in complaint(Filters, before=moment)


def test_a_time_is_the_moment_it_names() -> None:
    assert read(Filters, after="2026-01-31T14:00:00+02:00").after == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["state", "error", "after", "before"])
@pytest.mark.parametrize("value", [7, True, ["dead"], {"dead": 1}])
def test_what_is_no_text_is_refused(name: str, value: object) -> None:
    assert complaint(Filters, **{name: value}) == "This must be text."


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_is_neither_empty_nor_endless(limit: int) -> None:
    assert complaint(JobsQuery, limit=limit) == "This must be from 1 to 200."


def test_a_name_that_is_not_known_is_refused_because_it_would_select_everything() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        read(Filters, knid="newsletter.subscribe")


@pytest.mark.parametrize("verb", Verb)
def test_a_bulk_operation_without_a_filter_is_refused(verb: Verb) -> None:
    for sent in ({}, {"all": True}, {"kind": "newsletter.subscribe"}):
        assert complaint(Bulk, verb, **sent).startswith("Say which jobs you mean: a state is needed")


@pytest.mark.parametrize("extra", [{}, {"rate": 5}, {"dry_run": True}, {"all": False}])
def test_a_state_alone_does_not_say_which_jobs_are_meant(extra: dict[str, Any]) -> None:
    assert complaint(Bulk, state="dead", **extra).startswith("Say which jobs you mean: kind, queue")


@pytest.mark.parametrize(
    "narrower",
    [
        {"kind": "newsletter.subscribe"},
        {"queue": "email"},
        {"error": "down"},
        {"before": "2026-01-31T12:00:00Z"},
        {"after": "2026-01-31T12:00:00Z"},
        {"all": True},
    ],
)
def test_anything_narrower_or_all_of_them_says_it(narrower: dict[str, Any]) -> None:
    assert read(Bulk, state="dead", **narrower).selection().state is State.DEAD


def test_all_of_them_and_something_narrower_contradict_each_other() -> None:
    assert "contradicts" in complaint(Bulk, state="dead", kind="newsletter.subscribe", all=True)


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.DISCARD])
@pytest.mark.parametrize("state", sorted(set(State) - {State.DEAD, State.UNKNOWN}))
def test_only_what_waits_for_a_person_can_be_retried_or_discarded_in_bulk(verb: Verb, state: State) -> None:
    assert "dead or unknown" in complaint(Bulk, verb, state=state.value, all=True)


@pytest.mark.parametrize("state", sorted(set(State) - {State.STAGED, State.QUEUED, State.RETRYING}))
def test_only_what_nobody_is_doing_can_be_cancelled_in_bulk(state: State) -> None:
    assert "queued or retrying or staged" in complaint(Bulk, Verb.CANCEL, state=state.value, all=True)


@pytest.mark.parametrize("rate", [0, -1, FASTEST + 1])
def test_a_rate_has_bounds(rate: int) -> None:
    assert complaint(Bulk, state="dead", all=True, rate=rate) == f"This must be from 1 to {FASTEST}."


@pytest.mark.parametrize("value", ["yes", 1, None, "true"])
@pytest.mark.parametrize("name", ["all", "dry_run"])
def test_a_switch_is_true_or_false_and_never_something_like_it(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        read(Bulk, **{"state": "dead", "kind": "newsletter.subscribe", name: value})


def test_a_retry_is_gentle_unless_told_otherwise() -> None:
    assert RATES[Verb.RETRY] == 100
    assert all(1 <= rate <= FASTEST for rate in RATES.values())
