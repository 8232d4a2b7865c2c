"""Jobs that stand in a given state, brought there by the ledger's own verbs wherever there is one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from ledger.connection import Connection
from ledger.decisions import cancel, discard
from ledger.moves import Move
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    DOUBTED,
    RETRIED,
    SKIPPED,
    answer,
    enrol,
    owed,
    queued,
    running,
    sign_up,
)

_ENDS = {State.SUCCEEDED: ACCEPTED, State.SKIPPED: SKIPPED, State.RETRYING: RETRIED, State.UNKNOWN: DOUBTED}


def died(code: str = "rejected") -> Move:
    """The answer that kills a job."""
    return Move(State.DEAD, "died", spent=1, code=code)


def dead(ledger: Connection, *, code: str = "rejected", **job: Any) -> UUID:
    """A job that has died of `code`; more says what it is, as `owed` takes it."""
    executor = enrol(ledger)
    claimed = running(ledger, executor, owed(**job))
    assert answer(ledger, claimed, died(code), executor=executor)
    return claimed.id


def lost_in_doubt(ledger: Connection) -> tuple[UUID, int]:
    """A job, and its claim, whose executor was lost past the point of no return: unknown, and may still answer."""
    executor = enrol(ledger)
    claimed = running(ledger, executor)
    ledger.execute("UPDATE jobs SET intent = claim WHERE id = %s", (claimed.id,))
    (lost,) = take_over(ledger, [executor])
    assert lost.state is State.UNKNOWN
    return claimed.id, claimed.claim


def many_dead(ledger: Connection, number: int, *, code: str = "rejected", kind: str = "newsletter.subscribe") -> None:
    """So many dead jobs at once, as if each had been tried once."""
    ledger.execute(
        "INSERT INTO jobs (id, order_key, fact_id, kind, queue, provider, payload, give_up_at, time_limit, resend, state, "
        "claim, settled, attempts, error_code, finished_at) SELECT gen_random_uuid(), n, gen_random_uuid(), %s, "
        "'newsletter', 'newsletter', '{}', now() + interval '3 days', 30, false, 'dead', 1, 1, 1, %s, now() "
        "FROM generate_series(1, %s) AS n",
        (kind, code, number),
    )


def standing(ledger: Connection, state: State) -> UUID:
    """A job of its own person that stands in `state`."""
    if state in _WAYS:
        return _WAYS[state](ledger)
    executor = enrol(ledger)
    claimed = running(ledger, executor)
    if state is not State.RUNNING:
        assert answer(ledger, claimed, _ENDS[state], executor=executor)
    return claimed.id


def _decided(decide: Callable[..., Any], job: UUID, ledger: Connection) -> UUID:
    (decision,) = decide(ledger, [job])
    assert decision.moved
    return job


_WAYS: dict[State, Callable[[Connection], UUID]] = {
    State.STAGED: lambda ledger: sign_up(ledger)[0],
    State.QUEUED: queued,
    State.DEAD: dead,
    State.CANCELLED: lambda ledger: _decided(cancel, sign_up(ledger)[0], ledger),
    State.DISCARDED: lambda ledger: _decided(discard, dead(ledger), ledger),
}
