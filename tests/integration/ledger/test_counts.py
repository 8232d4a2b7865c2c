"""Counts: those of a real count(*), whoever changed what, and however often they are added up."""

from uuid import uuid4

import pytest

from ledger.connection import Connection
from ledger.counts import add_up, counts
from ledger.states import State
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.invariants import miscounted
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import ACCEPTED, answer, enrol, owed, queued, running, sign_up


def changes(ledger: Connection) -> int:
    (number,) = ledger.execute("SELECT count(*) FROM job_count_changes").fetchone() or ()
    return int(number)


def test_what_stands_where_is_told_for_each_queue_and_state_without_the_zeros(ledger: Connection) -> None:
    executor = enrol(ledger)
    for _ in range(3):
        sign_up(ledger, owed("a"), owed("b", "email"))
    answer(ledger, running(ledger, executor), ACCEPTED, executor=executor)
    running(ledger, executor)
    queued(ledger)
    assert counts(ledger, [State.STAGED, State.QUEUED, State.RUNNING, State.RETRYING]) == {
        "newsletter": {State.STAGED: 3, State.QUEUED: 1, State.RUNNING: 1},
        "email": {State.STAGED: 3},
    }
    assert counts(ledger, [State.SUCCEEDED]) == {"newsletter": {State.SUCCEEDED: 1}}
    assert counts(ledger, []) == {}


def test_an_empty_ledger_counts_nothing(ledger: Connection) -> None:
    assert counts(ledger, State) == {}
    add_up(ledger)
    assert counts(ledger, State) == {}


def test_adding_up_changes_no_count_however_often(ledger: Connection) -> None:
    for state in State:
        many(ledger, 7, state=state)
    told = counts(ledger, State)
    assert told == {"newsletter": dict.fromkeys(State, 7)}
    for _ in range(3):
        add_up(ledger)
        assert (counts(ledger, State), changes(ledger), miscounted(ledger)) == (told, 0, [])


def test_what_has_changed_since_is_told_at_once(ledger: Connection) -> None:
    many(ledger, 10)
    add_up(ledger)
    running(ledger, enrol(ledger))
    assert counts(ledger, State) == {"newsletter": {State.STAGED: 10, State.RUNNING: 1}}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET queue = 'email'",
        "UPDATE jobs SET state = 'queued' WHERE state = 'staged'",
        "UPDATE jobs SET run_at = now()",
        "UPDATE jobs SET state = 'cancelled', finished_at = now(), claimer = NULL",
        "DELETE FROM jobs WHERE state = 'staged'",
        "DELETE FROM subscribers",
        "DELETE FROM signups",
    ],
)
def test_no_statement_escapes_whoever_wrote_it(ledger: Connection, change: str) -> None:
    sign_up(ledger, owed(), owed())
    sign_up(ledger)
    running(ledger, enrol(ledger))
    ledger.execute(change)
    assert miscounted(ledger) == []


def test_a_statement_that_moves_jobs_twice_is_counted_once_for_each(ledger: Connection) -> None:
    """As a claim does, when a circuit holds some of its jobs back."""
    for _ in range(4):
        sign_up(ledger)
    ledger.execute(
        "WITH two AS (UPDATE jobs SET state = 'queued' WHERE seq <= 2), "
        "one AS (UPDATE jobs SET state = 'retrying' WHERE seq = 3), gone AS (DELETE FROM jobs WHERE seq = 4) SELECT 1"
    )
    assert counts(ledger, State) == {"newsletter": {State.QUEUED: 2, State.RETRYING: 1}}


def test_what_is_rolled_back_was_never_counted(ledger: Connection) -> None:
    many(ledger, 5)
    ledger.execute("BEGIN")
    many(ledger, 5)
    add_up(ledger)
    ledger.execute("ROLLBACK")
    assert counts(ledger, State) == {"newsletter": {State.STAGED: 5}}


def test_a_change_that_moves_nothing_leaves_nothing_to_add_up(ledger: Connection) -> None:
    many(ledger, 5)
    add_up(ledger)
    ledger.execute("UPDATE jobs SET run_at = now()")
    ledger.execute("UPDATE jobs SET run_at = now() WHERE id = %s", (uuid4(),))
    assert changes(ledger) == 0


def test_one_at_a_time_adds_up_and_the_others_do_not_wait(ledger: Connection, another: Open) -> None:
    many(ledger, 5)
    other = another()
    with other.transaction():
        add_up(other)
        add_up(ledger)
        assert counts(ledger, State) == counts(other, State) == {"newsletter": {State.STAGED: 5}}
    assert changes(ledger) == 0
    assert miscounted(ledger) == []
