"""What a provider is told to do: the body of `PUT /_control/{provider}`, parsed once.

Separate, because the control interface and the page's form both come through here and must refuse the same things.
It must never repair a bad value: a test that misspells a field has to hear of it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sandbox.bulk_answers import BulkAnswer
from sandbox.modes import Mode

LATEST_MS = 600_000  # ten minutes: longer than any client waits, and a typing error is caught
SLOW_MS = 2000


@dataclass(frozen=True, slots=True)
class Settings:
    """One provider's behaviour. `given_latency_ms` is None where nobody named a latency; the last two are knobs that
    only some providers have, None where nobody turned them.
    """

    mode: Mode = Mode.OK
    error_rate: float = 0.5
    given_latency_ms: int | None = None
    retry_after_s: int = 2
    seed: int | None = None
    connections: int | None = None
    bulk_answer: BulkAnswer | None = None

    @property
    def latency_ms(self) -> int:
        """The pause before each answer, in milliseconds: slow is slow even when nobody says how slow."""
        if self.given_latency_ms is not None:
            return self.given_latency_ms
        return SLOW_MS if self.mode is Mode.SLOW else 0

    def as_json(self) -> dict[str, object]:
        """The five fields that all have, as `PUT /_control/{provider}` takes them, and the knobs that were turned."""
        knobs = {"connections": self.connections, "bulk_answer": self.bulk_answer}
        return {
            "mode": self.mode.value,
            "error_rate": self.error_rate,
            "latency_ms": self.latency_ms,
            "retry_after_s": self.retry_after_s,
            "seed": self.seed,
            **{name: value for name, value in knobs.items() if value is not None},
        }


class BadSettingsError(ValueError):
    """The settings cannot be used; `faults` maps the name of each bad field to what is wrong with it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = dict(faults)


def parse_settings(given: Mapping[str, object], knobs: Collection[str] = frozenset()) -> Settings:
    """Settings from a decoded JSON object, with the default for each field but mode that is not given.

    `knobs` names those that this provider has beyond the common five.
    Raises BadSettingsError naming every field that is unknown, missing or out of range.
    """
    faults = {field: "is no setting of the sandbox" for field in given if field not in _READERS}
    faults |= {field: "is no setting of this provider" for field in given if field in _KNOBS - set(knobs)}
    if "mode" not in given:
        faults["mode"] = "is required"
    values: dict[str, object] = {}
    for field, read in _READERS.items():
        if field in given and field not in faults:
            try:
                values[field] = read(given[field])
            except ValueError as fault:
                faults[field] = str(fault)
    if faults:
        raise BadSettingsError(faults)
    if "latency_ms" in values:
        values["given_latency_ms"] = values.pop("latency_ms")
    return Settings(**values)  # type: ignore[arg-type]  # each reader gives its field's type


def _mode(value: object) -> Mode:
    try:
        return Mode(value)  # type: ignore[arg-type]  # a value of another type is no mode either
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Mode)}") from None


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("must be a number from 0 to 1")
    return float(value)


def _bulk_answer(value: object) -> BulkAnswer:
    try:
        return BulkAnswer(value)  # type: ignore[arg-type]  # a value of another type is no such answer either
    except ValueError:
        raise ValueError(f"must be one of {', '.join(BulkAnswer)}") from None


def _whole(limit: int, least: int = 0) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= limit:
            raise ValueError(f"must be a whole number from {least} to {limit}")
        return value

    return read


_READERS: dict[str, Callable[[object], object]] = {
    "mode": _mode,
    "error_rate": _rate,
    "latency_ms": _whole(LATEST_MS),
    "retry_after_s": _whole(86_400),
    "seed": _whole(2**53),  # what JavaScript can still count
    "connections": _whole(100_000, least=1),
    "bulk_answer": _bulk_answer,
}
_KNOBS = {"connections", "bulk_answer"}
