"""How long work lay in dead hands: from the kill to the next claim, read from the ledger's own history.

Separate from the verdict, because times are noise on a shared machine: they are reported, and nothing is judged by them.
It must never count a takeover that was not one: a job that became `unknown` is waiting for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.chaos.blows import Blow
from tests.chaos.schedule import Fault

if TYPE_CHECKING:
    import psycopg

# Everything that was taken from an executor, and when somebody claimed it next.
LOST = """
SELECT lost.job_id, lost.at, process.pid, process.started_at,
       (SELECT min(next.at) FROM job_events AS next
        WHERE next.job_id = lost.job_id AND next.event = 'claimed' AND next.id > lost.id)
FROM job_events AS lost JOIN processes AS process ON process.id = lost.worker
WHERE lost.event = 'lost'
"""

ENGINES = ("redis", "postgres", "provider")
SETTLED_S = 5.0  # after its repair an engine or a provider still has a backlog behind it
RESTARTED_S = 15.0  # so long after it was struck another worker may not be there to take over
ITSELF_S = 1.0  # a fault so near to the blow is the one that dealt it


@dataclass(frozen=True, slots=True)
class Takeover:
    """One claim that was lost; `noticed` and `again` are seconds from the blow."""

    job: UUID
    noticed: float
    again: float | None  # None: it is `unknown`, or was answered late by the one taken for dead
    frozen: bool
    undisturbed: bool  # nothing else was broken meanwhile, which keeps work waiting for reasons of its own


@dataclass(frozen=True, slots=True)
class Incident:
    """What was done in a round: the plan, the blows it dealt, and the Unix time from which the plan counts."""

    faults: Sequence[Fault]
    blows: Sequence[Blow]
    began: float


def read(connection: "psycopg.Connection[Any]", incident: Incident) -> list[Takeover]:
    """Every claim that a kill or a freeze has cost."""
    found = (_takeover(incident, *row) for row in connection.execute(LOST))
    return [one for one in found if one is not None]


def _takeover(
    incident: Incident, job: UUID, lost: datetime, pid: int, started: datetime, claimed: datetime | None
) -> Takeover | None:
    hits = [b for b in incident.blows if pid in b.pids and started.timestamp() <= b.at <= lost.timestamp()]
    if not hits:
        return None  # it has left in good order, or was cut off from the ledger
    blow = hits[-1]
    ended = (claimed or lost).timestamp()
    return Takeover(
        job=job,
        noticed=lost.timestamp() - blow.at,
        again=claimed.timestamp() - blow.at if claimed is not None else None,
        frozen=blow.frozen,
        undisturbed=not any(
            _overlaps(fault, blow.at - incident.began, ended - incident.began) for fault in incident.faults
        ),
    )


def _overlaps(fault: Fault, begin: float, end: float) -> bool:
    """Whether something else was broken, or had just been mended, between the blow and the next claim."""
    if fault.kind.lane == "worker":
        return begin - RESTARTED_S < fault.at < end and abs(fault.at - begin) > ITSELF_S
    return fault.kind.lane in ENGINES and fault.at <= end and fault.at + fault.seconds + SETTLED_S >= begin


def percentile(seconds: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(seconds)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0
