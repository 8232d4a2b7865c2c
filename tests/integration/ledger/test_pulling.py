"""Pulling forward: when a circuit has closed, what waited only for it is due, late comers included, and then no more is read."""

from uuid import UUID, uuid4

import pytest

from ledger import circuits
from ledger.circuits import PULL_S
from ledger.connection import Connection
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import QUEUE, RETRIED, TERMS, answer, due_in, leased_ids, owed, running, sign_up

PROVIDER = QUEUE


def pull(ledger: Connection, queue: str = QUEUE, **more: int) -> int:
    return circuits.pull_forward(ledger, queue, terms=TERMS, **more)


def waiting(ledger: Connection, job: UUID | None = None, *, tried_ago: float = 0.0) -> UUID:
    """A job that was tried so many seconds ago and waits for an hour."""
    one = job or sign_up(ledger)[0]
    ledger.execute(
        "UPDATE jobs SET state = 'retrying', tried = true, run_at = now() + interval '1 hour', "
        "tried_at = now() - make_interval(secs => %s) WHERE id = %s",
        (tried_ago, one),
    )
    return one


def close_the_circuit(ledger: Connection, *, seconds_ago: float = 0.0) -> None:
    circuits.failed(ledger, PROVIDER, code="down", job=uuid4(), at_once=True)
    circuits.succeeded(ledger, PROVIDER)
    ledger.execute("UPDATE circuits SET changed_at = now() - make_interval(secs => %s)", (seconds_ago,))


def is_done_with(ledger: Connection) -> bool:
    """Whether nobody will look for more that waited for it."""
    (done,) = ledger.execute(
        "SELECT pulled_at > changed_at + make_interval(secs => %s) FROM circuits", (PULL_S,)
    ).fetchone()
    return bool(done)


def test_what_waited_only_for_it_is_due_but_never_before_a_retry_after(ledger: Connection) -> None:
    waited, asked, later = (waiting(ledger, tried_ago=5) for _ in range(3))
    ledger.execute("UPDATE jobs SET not_before = now() + interval '30 minutes' WHERE id = %s", (asked,))
    close_the_circuit(ledger)
    ledger.execute("UPDATE jobs SET tried_at = now() + interval '1 second' WHERE id = %s", (later,))
    assert pull(ledger) == 2
    assert due_in(ledger, waited) <= 0
    assert 1_700 < due_in(ledger, asked) <= 1_800
    assert due_in(ledger, later) > 3_500
    assert leased_ids(ledger) == {waited}


@pytest.mark.parametrize(
    "change",
    [
        "state = 'staged'",
        "state = 'dead', finished_at = now(), error_code = 'x'",
        "kind = 'another.kind'",
    ],
)
def test_what_did_not_wait_for_it_is_left(ledger: Connection, change: str) -> None:
    job = waiting(ledger, tried_ago=5)
    ledger.execute(f"UPDATE jobs SET {change}")  # noqa: S608  # the test's own words
    close_the_circuit(ledger)
    assert pull(ledger) == 0
    assert due_in(ledger, job) > 3_500


@pytest.mark.parametrize("opened", [False, True], ids=["never opened", "open still"])
def test_only_a_circuit_that_has_closed_lets_go(ledger: Connection, *, opened: bool) -> None:
    waiting(ledger, tried_ago=5)
    circuits.failed(ledger, PROVIDER, code="down", job=uuid4(), at_once=opened)
    assert pull(ledger) == 0


def test_what_was_tried_at_a_provider_that_was_left_is_pulled_with_its_kind(ledger: Connection) -> None:
    job = waiting(ledger, sign_up(ledger, owed(provider="left long ago"))[0], tried_ago=5)
    close_the_circuit(ledger)
    assert pull(ledger) == 1
    assert due_in(ledger, job) <= 0


def test_another_queues_jobs_are_another_wardens(ledger: Connection) -> None:
    job = waiting(ledger, sign_up(ledger, owed(queue="email", provider=PROVIDER))[0], tried_ago=5)
    close_the_circuit(ledger)
    assert pull(ledger) == 0
    assert pull(ledger, "email") == 1
    assert due_in(ledger, job) <= 0


def test_an_answer_from_before_that_shows_only_later_is_pulled_as_well(ledger: Connection) -> None:
    """Its transaction began before the circuit closed, and its commit was seen afterwards."""
    first = waiting(ledger, tried_ago=20)
    close_the_circuit(ledger, seconds_ago=10)
    assert pull(ledger) == 1
    assert pull(ledger) == 0, "nothing there, and yet it is not done with"
    assert not is_done_with(ledger)
    second = waiting(ledger, tried_ago=15)
    assert pull(ledger) == 1
    assert max(due_in(ledger, first), due_in(ledger, second)) <= 0


def test_a_try_that_failed_after_it_had_closed_waits_for_its_own_time(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    close_the_circuit(ledger)
    answer(ledger, job, RETRIED, executor=executor)
    assert pull(ledger) == 0
    assert due_in(ledger, job.id) > 50


def test_when_nothing_has_come_for_a_while_it_is_done_with_until_it_closes_again(ledger: Connection) -> None:
    close_the_circuit(ledger, seconds_ago=PULL_S + 1)
    assert pull(ledger) == 0
    assert is_done_with(ledger)
    job = waiting(ledger, tried_ago=PULL_S + 10)
    assert pull(ledger) == 0, "what comes so late waits for its own time"
    close_the_circuit(ledger)
    assert not is_done_with(ledger)
    assert pull(ledger) == 1
    assert due_in(ledger, job) <= 0


def test_a_long_row_is_pulled_a_part_at_a_time_the_soonest_first(ledger: Connection) -> None:
    many(ledger, 2_500, state="retrying", ago=-3_600)
    close_the_circuit(ledger, seconds_ago=PULL_S + 1)
    ledger.execute("UPDATE jobs SET tried_at = now() - interval '1 hour'")
    assert pull(ledger, most=1_000) == 1_000
    (last, first) = ledger.execute(
        "SELECT max(seq) FILTER (WHERE run_at <= now()), min(seq) FILTER (WHERE run_at > now()) FROM jobs"
    ).fetchone() or (0, 0)
    assert last < first
    assert [pull(ledger, most=1_000) for _ in range(3)] == [1_000, 500, 0]
    assert is_done_with(ledger), "only now"
