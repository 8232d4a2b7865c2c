"""How fast a backlog was drained, and what was lost or repeated on the way: read from the receiving end and the ledger.

Separate, because every drain is judged by the same two clocks. It must never trust what a system says of itself
alone: a job counts as lost where the provider has not heard of its address, as repeated where it heard twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from tests.sandbox_process import SandboxProcess

QUIET_S = 0.5  # nothing more has come for so long: whatever is repeated at once has been repeated
STALLED_S = 15.0  # nothing at all for so long: it will not end
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Drain:
    """One drain. NaN jobs per second where too little happened to be measured."""

    per_second: float
    lost: int
    repeated: int


def watch(
    sandbox: SandboxProcess,
    provider: str,
    count: int,
    *,
    within_s: float,
    check: Callable[[], object] = lambda: None,
) -> None:
    """Return when `count` effects have arrived and no more are coming, or nothing comes any more, or time is up."""
    ends = time.monotonic() + within_s
    seen, since = -1, time.monotonic()
    while time.monotonic() < ends:
        check()
        now = int(sandbox.state(provider)["effects"])
        if now != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() - since > (QUIET_S if now >= count else STALLED_S):
            return
        time.sleep(LOOK_S)


def journalled(journal: Sequence[dict[str, Any]], expected: Collection[str], *, wave: int = 1) -> Drain:
    """A drain as the provider saw it, from the first effect to the last.

    `wave`: how many calls the contender makes at once. The first so many arrive together and mark the beginning: they
    were not done in the time that is measured.
    """
    times = sorted(moment(entry) for entry in journal)
    lost, repeated = miscounted((entry["key"] for entry in journal), expected)
    return Drain(rate(times, wave=wave), lost, repeated)


def ledgered(url: str, journal: Sequence[dict[str, Any]], expected: Collection[str]) -> Drain:
    """A drain as Usher's ledger saw it, from the first claim to the last finish of all its jobs.

    Stricter than first finish to last finish: with hundreds of jobs to a call the first calls would be for free. What
    the ledger has not marked succeeded counts as lost as well, whatever the provider has.
    """
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE state = 'succeeded'), extract(epoch FROM max(finished_at))::float8, "
            "(SELECT extract(epoch FROM min(at))::float8 FROM job_events WHERE event = 'claimed') FROM jobs"
        ).fetchone()
    assert row is not None
    done, last, first = row
    lost, repeated = miscounted((entry["key"] for entry in journal), expected)
    per_second = done / (last - first) if done and last and first and last > first else float("nan")
    return Drain(per_second, max(lost, len(expected) - done), repeated)


def rate(times: Sequence[float], *, wave: int = 1) -> float:
    """Events per second between the first and the last of these sorted moments, not counting the first `wave`."""
    if len(times) <= wave or times[-1] <= times[0]:
        return float("nan")
    return (len(times) - wave) / (times[-1] - times[0])


def miscounted(keys: Iterable[str], expected: Collection[str]) -> tuple[int, int]:
    """How many of those expected never came, and how many came more often than once."""
    counts = Counter(keys)
    lost = sum(1 for address in expected if address not in counts)
    return lost, sum(number - 1 for number in counts.values())


def moment(entry: dict[str, Any]) -> float:
    """When an effect arrived, in Unix seconds."""
    return datetime.fromisoformat(entry["at"]).timestamp()
