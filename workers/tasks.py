"""Kinds as Celery tasks: one task for each kind, under its name, taking a list of job ids.

Where a message carries one job its task ends as the job did, in Celery's own SUCCESS, RETRY or FAILURE, so that Flower
tells the truth. A batch is one task, and the ledger has the rest.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from celery import Celery, Task
from celery.exceptions import Retry as CeleryRetry

from jobs.kind import Kind
from jobs.registry import Kinds
from ledger.moves import Move
from ledger.states import State
from workers.errors import JobDeadError, JobError, JobInDoubtError
from workers.runner import Runner

NOT_OURS = "not claimed: done, or in other hands"


def bind(app: Celery, kinds: Kinds, runner: Callable[[], Runner]) -> None:
    """Register a task for each kind. `runner()` gives the executing process's own."""
    for kind in kinds.values():
        _bind(app, kind, runner)


def _bind(app: Celery, kind: Kind, runner: Callable[[], Runner]) -> None:
    @app.task(name=kind.name, bind=True, throws=(JobError,), max_retries=None)
    def carry_out(task: Task[Any, Any], ids: list[str]) -> str:
        moves = runner().run(kind, [UUID(one) for one in ids], message_id=UUID(task.request.id))
        return _end(moves, alone=len(ids) == 1)


def _end(moves: Mapping[UUID, Move], *, alone: bool) -> str:
    """The task's result, or the exception that stands for it. States and codes only."""
    if not moves:
        return NOT_OURS
    if not alone:
        return _tally(moves)
    (move,) = moves.values()
    code = move.code or ""
    match move.state:
        case State.RETRYING | State.STAGED:
            # As the cause, because events and so Flower show a retry's cause and not its message.
            raise CeleryRetry(exc=JobError(code), when=round(move.delay or 0, 1))  # type: ignore[arg-type]  # a float is a Real
        case State.DEAD:
            raise JobDeadError(code)
        case State.UNKNOWN:
            raise JobInDoubtError(code)
        case _:
            return f"{move.state} {code}".strip()


def _tally(moves: Mapping[UUID, Move]) -> str:
    states = [move.state for move in moves.values()]
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
