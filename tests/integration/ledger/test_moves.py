"""A walk over the table of moves: whatever verb meets a job in whatever state, the job moves as the table says or not at all."""

from collections.abc import Callable
from itertools import product
from uuid import UUID, uuid4

import pytest

from ledger.claim import claim, intend
from ledger.connection import Connection
from ledger.finish import finish
from ledger.handback import hand_back
from ledger.lease import give_back, lease
from ledger.moves import Settlement
from ledger.quarantine import died_alone
from ledger.states import FINAL, MOVES, State
from ledger.takeover import take_over
from ledger.unknown_kinds import bury
from tests.integration.ledger.owed_jobs import ANSWERS, KIND, QUEUE, enrol, events, owed, row, sign_up

Verb = Callable[[Connection, UUID, UUID], object]

VERBS: dict[str, Verb] = {
    "lease": lambda ledger, _job, _executor: lease(ledger, QUEUE, kinds=[KIND], window=10),
    "give_back": lambda ledger, job, _executor: give_back(ledger, [job]),
    "claim": lambda ledger, job, executor: claim(ledger, [job], kind=KIND, executor=executor, message_id=uuid4()),
    "intend": lambda ledger, job, _executor: intend(ledger, job, 1),
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
    ledger.execute(
        "UPDATE jobs SET state = %(state)s, claim = 1, leased_at = CASE WHEN %(state)s = 'queued' THEN now() END,"
        " claimer = CASE WHEN %(state)s = 'running' THEN %(executor)s::uuid END,"
        " deadline = CASE WHEN %(state)s = 'running' THEN now() + interval '1 minute' END,"
        " finished_at = CASE WHEN %(final)s THEN now() END, error_code = 'why' WHERE id = %(job)s",
        {"state": state.value, "executor": executor, "final": state in FINAL, "job": job},
    )


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
        ledger.execute("DELETE FROM jobs")


def test_the_walk_takes_every_move_but_those_that_only_people_make(ledger: Connection) -> None:
    """Otherwise it could pass by refusing everything."""
    taken = set()
    for state, verb in product(State, VERBS):
        (job,) = sign_up(ledger, owed())
        executor = enrol(ledger)
        put_into(ledger, job, state, executor)
        VERBS[verb](ledger, job, executor)
        taken.add((state, State(row(ledger, job)["state"])))
        ledger.execute("DELETE FROM jobs")
    by_people = {State.CANCELLED, State.DISCARDED}
    possible = {(state, target) for state, targets in MOVES.items() for target in targets - by_people - {state}}
    replays_and_burials = {(State.DEAD, State.STAGED), (State.RETRYING, State.DEAD)}
    assert possible - replays_and_burials <= taken
