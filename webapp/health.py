"""Whether this process lives (/livez) and whether it should be sent visitors (/readyz).

Liveness asks nobody, because restarting the web process mends no database. Readiness asks the ledger alone: a dead
broker or worker is reported and never a reason to turn sign-ups away. It must never show hosts, queues or versions:
anybody may ask.
"""

from collections.abc import Sequence
from typing import Literal

from flask import Blueprint, Response
from pydantic import BaseModel

from ledger import processes, revision
from ledger.processes import Process
from webapp.desk import at_desk
from webapp.errors import OUTAGE, note_outage

blueprint = Blueprint("health", __name__)

RECENT_S = 5.0  # a process that beats every second and has not been seen for so long is not counted


class Readiness(BaseModel):
    """`ready` is about the ledger; the rest is what relays and executors last reported there, None where it cannot be read."""

    ready: bool
    ledger: Literal["up", "not migrated", "down"]
    broker: Literal["up", "down", "unknown"] = "unknown"
    relays: int | None = None
    executors: int | None = None


@blueprint.get("/livez")
def livez() -> Response:
    """200 for as long as requests are answered at all."""
    return Response('{"alive":true}', mimetype="application/json")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 or 503, with what is known."""
    found = _look()
    return Response(found.model_dump_json(), 200 if found.ready else 503, mimetype="application/json")


def _look() -> Readiness:
    try:
        with at_desk().session() as connection:
            if not revision.is_current(connection):
                return Readiness(ready=False, ledger="not migrated")
            return _report(processes.register(connection))
    except OUTAGE as error:
        note_outage(error)
        return Readiness(ready=False, ledger="down")


def _report(everybody: Sequence[Process]) -> Readiness:
    alive = [process for process in everybody if process.silent_for < RECENT_S]
    relays = [process for process in alive if process.role == "relay"]
    return Readiness(
        ready=True,
        ledger="up",
        broker=_broker(relays),
        relays=len(relays),
        executors=len(alive) - len(relays),
    )


def _broker(relays: Sequence[Process]) -> Literal["up", "down", "unknown"]:
    said = {relay.broker for relay in relays}
    if "up" in said:
        return "up"
    return "down" if "down" in said else "unknown"
