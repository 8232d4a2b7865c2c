"""The life of a job: its states, and the one table of the moves between them.

Every statement in this package takes its `WHERE state IN (...)` from here, the migration takes its CHECK
constraints from the same words, and a test walks the table against a real database. A state or a move that is
not in this file does not exist.
"""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Where a job stands. The values are what the database, the API and the command line say."""

    STAGED = "staged"  # owed; nobody has been asked to do it yet
    QUEUED = "queued"  # published: a message that names it is on the wire
    RUNNING = "running"  # claimed by one executor, under one claim number
    RETRYING = "retrying"  # tried, to be tried again at run_at
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"  # suppressed, done before, or not wanted any more
    UNKNOWN = "unknown"  # sent, no answer, and the provider cannot tell: a person decides
    DEAD = "dead"  # permanent fault, budget used up, or no code knows the kind
    CANCELLED = "cancelled"
    DISCARDED = "discarded"  # dead or unknown, and a person decided to let it be


FINAL = frozenset(
    {State.SUCCEEDED, State.SKIPPED, State.UNKNOWN, State.DEAD, State.CANCELLED, State.DISCARDED},
)
"""Streams end here and `finished_at` is set. A replay of a dead or unknown job clears it again."""

DUE = frozenset({State.STAGED, State.RETRYING})
"""What a relay may lease, once `run_at` has come."""

ANSWERED = frozenset(
    {State.SUCCEEDED, State.SKIPPED, State.UNKNOWN, State.DEAD, State.RETRYING, State.STAGED},
)
"""What the end of a claim can turn a job into: an outcome of the provider's, or handed back untouched."""

MOVES: dict[State, frozenset[State]] = {
    # A claim that was given up may still answer for as long as nobody has claimed again: hence ANSWERED here.
    State.STAGED: frozenset({State.QUEUED, State.CANCELLED}) | ANSWERED,
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}) | ANSWERED,
    State.RUNNING: ANSWERED,
    State.RETRYING: frozenset({State.QUEUED, State.CANCELLED, State.DEAD}),  # dead: nobody knows its kind any more
    State.DEAD: frozenset({State.STAGED, State.DISCARDED}),
    State.UNKNOWN: frozenset({State.STAGED, State.DISCARDED}) | ANSWERED,  # a late answer resolves the doubt
    State.SUCCEEDED: frozenset(),
    State.SKIPPED: frozenset(),
    State.CANCELLED: frozenset(),
    State.DISCARDED: frozenset(),
}
"""From each state, the states a job may move to next (staying where one is, is no move and always allowed)."""


def sources(target: State) -> frozenset[State]:
    """The states from which a job may move to `target`."""
    return frozenset(state for state, nexts in MOVES.items() if target in nexts)


WAITING = sources(State.DISCARDED)
"""Final until a person decides: dead and unknown. The column `awaits_decision` says the same."""


def sql_list(states: Iterable[State]) -> str:
    """The states as a list for SQL's IN: `'dead', 'unknown'`, in a fixed order so that plans can be reused."""
    return ", ".join(f"'{state}'" for state in sorted(states))
