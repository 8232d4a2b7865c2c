"""A walk over the table of moves: whatever verb meets a job in whatever state, the job moves as the table says or not at all."""

from collections.abc import Callable
from itertools import product
from uuid import UUID

import pytest

from ledger.claim import intend
from ledger.connection import Connection
from ledger.finish import finish
from ledger.handback import hand_back
from ledger.messages import give_back
from ledger.moves import Settlement
from ledger.quarantine import died_alone
from ledger.states import FINAL, MOVES, State
from ledger.takeover import take_over
from ledger.unknown_kinds import bury
from tests.integration.ledger.owed_jobs import (
    ANSWERS,
    QUEUE,
    enrol,
    events,
    owed,
    publish,
    row,
    sign_up,
    take,
    take_lease,
)

Verb = Callable[[Connection, UUID, UUID], object]

VERBS: dict[str, Verb] = {
    "lease": lambda ledger, _job, _executor: take_lease(ledger),
    "give_back": lambda ledger, job, _executor: give_back(ledger, [job]),
    "claim": lambda ledger, job, executor: take(ledger, executor, job),
    "intend": lambda ledger, job, _executor: intend(ledger, [(job, 1)]),
    "take_over": lambda ledger, _job, executor: take_over(ledger, [executor]),
    "hand_back": lambda ledger, _job, executor: hand_back(ledger, [executor]),
    "died_alone": lambda ledger, job, _executor: died_alone(ledger, job, 1),
    "bury": lambda ledger, _job, _executor: bury(ledger, QUEUE),
    **{
        f"finish as {move.state}": lambda ledger, job, executor, move=move: finish(
            ledger, [Settlement(job, 1, move)], executor=executor
        )
        for move in ANSWERS
    },
}


def put_into(ledger: Connection, job: UUID, state: State, executor: UUID) -> None:
    """Once claimed and not yet answered, as after a takeover; now in `state`."""
    if state in {State.QUEUED, State.RUNNING}:
        publish(ledger, job)
    if state is State.RUNNING:
        take(ledger, executor, job)
    ledger.execute(
        "UPDATE jobs SET state = %(state)s, claim = 1, finished_at = CASE WHEN %(final)s THEN now() END,"
        " error_code = 'why' WHERE id = %(job)s",
        {"state": state.value, "final": state in FINAL, "job": job},
    )
    ledger.execute("DELETE FROM job_events")


def clear(ledger: Connection) -> None:
    ledger.execute("TRUNCATE jobs, messages, batches")


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_moves_a_job_as_the_table_says_or_not_at_all(ledger: Connection, executor: UUID, verb: str) -> None:
    for state in State:
        (job,) = sign_up(ledger)
        put_into(ledger, job, state, executor)
        before = row(ledger, job)
        VERBS[verb](ledger, job, executor)
        after = row(ledger, job)
        now = State(after["state"])
        assert now is state or now in MOVES[state]
        answered_in_place = verb.startswith("finish") and state in MOVES[state]
        if now is state and verb != "intend" and not answered_in_place:
            assert after == before, "what does not move does not change"
        if now is not state and verb not in {"lease", "give_back"}:
            assert events(ledger, job), "what moved has a line of history"
        clear(ledger)


def test_the_walk_takes_every_move_but_those_that_only_people_make(ledger: Connection) -> None:
    """Otherwise it could pass by refusing everything."""
    taken = set()
    for state, verb in product(State, VERBS):
        (job,) = sign_up(ledger, owed())
        executor = enrol(ledger)
        put_into(ledger, job, state, executor)
        VERBS[verb](ledger, job, executor)
        taken.add((state, State(row(ledger, job)["state"])))
        clear(ledger)
    by_people = {State.CANCELLED, State.DISCARDED}
    possible = {(state, target) for state, targets in MOVES.items() for target in targets - by_people - {state}}
    replays_and_burials = {(State.DEAD, State.STAGED), (State.RETRYING, State.DEAD)}
    assert possible - replays_and_burials <= taken
