"""What `PUT /_control/{provider}` takes and refuses."""

import pytest

from sandbox.bulk_answers import BulkAnswer
from sandbox.modes import Mode
from sandbox.settings import BadSettingsError, Settings, parse_settings


def test_only_the_mode_is_required_and_the_rest_has_defaults() -> None:
    assert parse_settings({"mode": "down"}) == Settings(Mode.DOWN, 0.5, None, 2, None)


def test_every_field_is_taken_over() -> None:
    given = {"mode": "flaky", "error_rate": 0.05, "latency_ms": 50, "retry_after_s": 7, "seed": 3}
    assert parse_settings(given).as_json() == given


def test_a_knob_is_taken_where_the_provider_has_it_and_told_only_where_it_was_turned() -> None:
    given = {"mode": "ok", "connections": 10, "bulk_answer": "fewer"}
    settings = parse_settings(given, {"connections", "bulk_answer"})
    assert (settings.connections, settings.bulk_answer) == (10, BulkAnswer.FEWER)
    assert settings.as_json().items() >= given.items()
    assert {"connections", "bulk_answer"}.isdisjoint(parse_settings({"mode": "ok"}).as_json())


@pytest.mark.parametrize(("field", "value"), [("connections", 10), ("bulk_answer", "html"), ("bulk_answer", "odd")])
def test_a_knob_that_the_provider_does_not_have_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(BadSettingsError) as refused:
        parse_settings({"mode": "ok", field: value})
    assert refused.value.faults == {field: "is no setting of this provider"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("connections", 0), ("connections", -1), ("connections", True), ("bulk_answer", "odd"), ("bulk_answer", None)],
)
def test_a_knob_turned_too_far_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(BadSettingsError) as refused:
        parse_settings({"mode": "ok", field: value}, {"connections", "bulk_answer"})
    assert list(refused.value.faults) == [field]


@pytest.mark.parametrize(("mode", "latency_ms"), [("slow", 2000), ("ok", 0), ("hang", 0)])
def test_only_slow_is_slow_without_a_latency(mode: str, latency_ms: int) -> None:
    assert parse_settings({"mode": mode}).latency_ms == latency_ms


def test_a_slow_provider_can_be_told_how_slow_even_not_at_all() -> None:
    assert parse_settings({"mode": "slow", "latency_ms": 0}).latency_ms == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "broken"),
        ("mode", None),
        ("mode", ["ok"]),
        ("error_rate", 1.01),
        ("error_rate", -0.1),
        ("error_rate", "0.5"),
        ("error_rate", True),
        ("error_rate", float("nan")),
        ("latency_ms", -1),
        ("latency_ms", 1.5),
        ("latency_ms", 600_001),
        ("latency_ms", False),
        ("retry_after_s", "2"),
        ("seed", 1.5),
        ("latency", 5),
    ],
)
def test_a_bad_value_or_an_unknown_field_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(BadSettingsError) as refused:
        parse_settings({"mode": "ok", field: value})
    assert list(refused.value.faults) == [field]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(BadSettingsError) as refused:
        parse_settings({"colour": "red", "error_rate": 2})
    assert set(refused.value.faults) == {"mode", "colour", "error_rate"}
