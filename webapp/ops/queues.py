"""`GET /api/v1/ops/queues` and `/circuits`: how the queues stand, and whether their providers can be reached.

All of it is what relays and workers have written into the ledger: the web tier asks nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import Response
from pydantic import BaseModel

from jobs.registry import Kinds
from ledger import circuits, deadletters
from ledger.circuits import CircuitState
from ledger.connection import Connection
from ledger.counts import counts
from ledger.states import FINAL, WAITING, State
from webapp.desk import at_desk
from webapp.ops.answer import answer
from webapp.ops.gate import guarded

blueprint = guarded("queues")

SHOWN = frozenset(State) - FINAL | WAITING
"""What is done with is not a queue's depth."""


class Circuit(BaseModel):
    """A provider's circuit. `openings`: ever; `reason`: the code that opened it; `probe_at`: when one job may try."""

    provider: str
    state: CircuitState
    failures: int = 0
    openings: int = 0
    reason: str | None = None
    probe_at: datetime | None = None
    changed_at: datetime | None = None


class Queue(BaseModel):
    """A queue. `depth`: jobs by state, without those that are done with; `oldest_due`: since when the first is overdue."""

    name: str
    depth: dict[State, int]
    oldest_due: datetime | None
    circuits: Sequence[Circuit]


class Queues(BaseModel):
    """By name."""

    queues: Sequence[Queue]


class Circuits(BaseModel):
    """By provider; one that never failed is closed."""

    circuits: Sequence[Circuit]


@blueprint.get("/queues")
def index() -> Response:
    """200 with every queue that some kind names, or that has jobs."""
    desk = at_desk()
    with desk.back_office.session() as connection:
        body = Queues(queues=_queues(connection, desk.kinds))
    return answer(body)


@blueprint.get("/circuits")
def circuits_index() -> Response:
    """200 with the circuit of every provider that some kind names, or that ever failed."""
    desk = at_desk()
    with desk.back_office.session() as connection:
        known = _circuits(connection)
    providers = sorted({*known, *(kind.provider for kind in desk.kinds.values())})
    body = Circuits(circuits=[_circuit(known, name) for name in providers])
    return answer(body)


def _queues(connection: Connection, kinds: Kinds) -> list[Queue]:
    depths = counts(connection, SHOWN)
    due, known = deadletters.oldest_due(connection), _circuits(connection)
    return [
        Queue(
            name=name,
            depth=dict(depths.get(name, {})),
            oldest_due=due.get(name),
            circuits=[_circuit(known, provider) for provider in kinds.providers_on(name)],
        )
        for name in sorted({*kinds.queues(), *depths})
    ]


def _circuits(connection: Connection) -> dict[str, Circuit]:
    found = circuits.all_of_them(connection)
    return {one.provider: Circuit.model_validate(one, from_attributes=True) for one in found}


def _circuit(known: Mapping[str, Circuit], provider: str) -> Circuit:
    return known.get(provider) or Circuit(provider=provider, state="closed")
