"""A job whose kind no code knows is buried on evidence: due for minutes, with somebody there who could have known it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from ledger.connection import Connection
from ledger.processes import beat
from ledger.states import State
from ledger.unknown_kinds import CODE, EVIDENCE_S, bury
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import KIND, QUEUE, events, owed, row, sign_up, state

STRANGE = "removed.yesterday"
LONG_AGO = EVIDENCE_S + 60


def age(ledger: Connection, job: UUID, seconds: float) -> None:
    """Let the job have been due for so long."""
    ledger.execute("UPDATE jobs SET run_at = now() - make_interval(secs => %s) WHERE id = %s", (seconds, job))


def relay(ledger: Connection, *, kinds: Sequence[str], there_for: float, queues: Sequence[str] = (QUEUE,)) -> None:
    """A relay that is alive and has been there for so long."""
    one = uuid4()
    beat(ledger, one, role="relay", host="test", pid=1, queues=queues, kinds=kinds, broker="up")
    ledger.execute(
        "UPDATE processes SET started_at = now() - make_interval(secs => %s) WHERE id = %s", (there_for, one)
    )


@pytest.fixture
def strange(ledger: Connection) -> UUID:
    """A job of a kind that is gone, due for longer than the evidence takes."""
    (job,) = sign_up(ledger, owed(kind=STRANGE))
    age(ledger, job, LONG_AGO)
    return job


def test_a_kind_that_nobody_has_known_for_minutes_is_dead_with_its_reason(ledger: Connection, strange: UUID) -> None:
    relay(ledger, kinds=[KIND], there_for=LONG_AGO)
    (known,) = sign_up(ledger, owed())
    age(ledger, known, LONG_AGO)
    assert bury(ledger, QUEUE) == 1
    found = row(ledger, strange)
    assert (found["state"], found["error_code"], found["attempts"]) == (State.DEAD, CODE, 0)
    assert events(ledger, strange) == ["died"]
    assert state(ledger, known) is State.STAGED


def test_somebody_who_knows_the_kind_saves_it_even_if_he_serves_another_queue(
    ledger: Connection, strange: UUID
) -> None:
    relay(ledger, kinds=[KIND], there_for=LONG_AGO)
    relay(ledger, kinds=[KIND, STRANGE], there_for=1, queues=["elsewhere"])
    assert bury(ledger, QUEUE) == 0
    assert state(ledger, strange) is State.STAGED


def test_while_everybody_was_away_nothing_was_proved(ledger: Connection, strange: UUID) -> None:
    assert bury(ledger, QUEUE) == 0
    relay(ledger, kinds=[KIND], there_for=1)
    assert bury(ledger, QUEUE) == 0
    assert state(ledger, strange) is State.STAGED


def test_a_job_that_is_not_due_for_long_may_still_find_somebody(ledger: Connection, strange: UUID) -> None:
    relay(ledger, kinds=[KIND], there_for=LONG_AGO)
    age(ledger, strange, EVIDENCE_S - 60)
    assert bury(ledger, QUEUE) == 0
    assert state(ledger, strange) is State.STAGED


def test_among_many_kinds_and_queues_exactly_the_unknown_ones_of_the_queue_are_found(ledger: Connection) -> None:
    known = [f"kind.{n}" for n in range(0, 20, 2)]
    for n in range(20):
        for queue in (QUEUE, "email"):
            many(ledger, 3, f"kind.{n}", queue, ago=LONG_AGO)
            many(ledger, 2, f"kind.{n}", queue, ago=LONG_AGO, state="retrying")
    relay(ledger, kinds=known, there_for=LONG_AGO)
    assert bury(ledger, QUEUE) == 10 * 5
    dead = ledger.execute("SELECT DISTINCT queue, kind FROM jobs WHERE state = 'dead'").fetchall()
    assert sorted(dead) == sorted((QUEUE, f"kind.{n}") for n in range(1, 20, 2))
    assert bury(ledger, QUEUE) == 0


def test_thousands_are_buried_a_part_at_a_time(ledger: Connection) -> None:
    relay(ledger, kinds=[KIND], there_for=LONG_AGO)
    many(ledger, 2_500, STRANGE, ago=LONG_AGO)
    assert [bury(ledger, QUEUE) for _ in range(4)] == [1_000, 1_000, 500, 0]


def test_what_is_in_flight_or_finished_is_not_buried(ledger: Connection) -> None:
    relay(ledger, kinds=[KIND], there_for=LONG_AGO)
    for word in set(State) - {State.STAGED, State.RETRYING}:
        many(ledger, 2, STRANGE, state=word, ago=LONG_AGO)
    assert bury(ledger, QUEUE) == 0
