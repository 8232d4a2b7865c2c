"""Leasing: what is due and may run now, oldest first, never more than the window, whoever asks and however many."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from ledger.connection import Connection
from ledger.lease import Lease
from ledger.messages import Message, give_back
from ledger.states import State
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import (
    KIND,
    QUEUE,
    events,
    ids_in,
    leased_ids,
    on_the_wire,
    owed,
    sign_up,
    state,
    take,
    take_lease,
)


def put(ledger: Connection, job: UUID, assignments: str) -> None:
    ledger.execute(f"UPDATE jobs SET {assignments} WHERE id = %s", (job,))  # noqa: S608  # the test's own words


def finish_as(ledger: Connection, job: UUID, word: str) -> None:
    put(ledger, job, f"state = '{word}', finished_at = now(), error_code = 'why', claimer = NULL")


def test_a_due_job_is_leased_once_and_leaves_no_history(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    assert leased_ids(ledger) == {job}
    assert leased_ids(ledger) == set()
    assert (state(ledger, job), events(ledger, job)) == (State.QUEUED, [])


def test_the_oldest_due_comes_first(ledger: Connection) -> None:
    jobs = [sign_up(ledger)[0] for _ in range(5)]
    order = [jobs[i] for i in (3, 0, 4, 1, 2)]
    for age, job in enumerate(reversed(order), 1):
        put(ledger, job, f"run_at = now() - make_interval(secs => {age})")
    turns = [leased_ids(ledger, window=room + 1) for room in range(5)]
    assert turns == [{job} for job in order]


def test_what_is_not_due_yet_is_left(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    put(ledger, job, "run_at = now() + interval '1 hour'")
    assert leased_ids(ledger) == set()


def test_a_retry_is_leased_when_its_time_has_come(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    put(ledger, job, "state = 'retrying'")
    assert leased_ids(ledger) == {job}


@pytest.mark.parametrize("word", ["succeeded", "skipped", "unknown", "dead", "cancelled", "discarded"])
def test_what_is_finished_is_never_leased(ledger: Connection, word: str) -> None:
    (job,) = sign_up(ledger)
    finish_as(ledger, job, word)
    assert leased_ids(ledger) == set()


def test_kinds_that_the_callers_worker_does_not_know_are_left_for_others(ledger: Connection) -> None:
    (known,), (unknown,) = sign_up(ledger), sign_up(ledger, owed("another.kind"))
    assert leased_ids(ledger) == {known}
    assert leased_ids(ledger, kinds=["another.kind"]) == {unknown}


def test_another_queues_jobs_are_left(ledger: Connection) -> None:
    (job,) = sign_up(ledger, owed(queue="email"))
    assert leased_ids(ledger) == set()
    assert leased_ids(ledger, queue="email") == {job}


def test_the_window_is_filled_and_not_overfilled(ledger: Connection) -> None:
    for _ in range(5):
        sign_up(ledger)
    first = take_lease(ledger, window=3)
    assert (len(ids_in(first.messages)), first.full) == (3, True)
    assert take_lease(ledger, window=3) == Lease([], full=True)
    rest = take_lease(ledger, window=10)
    assert (len(ids_in(rest.messages)), rest.full) == (2, False)


def test_a_claim_makes_room_in_the_window(ledger: Connection, executor: UUID) -> None:
    for _ in range(2):
        sign_up(ledger)
    (job,) = leased_ids(ledger, window=1)
    take(ledger, executor, job)
    assert len(leased_ids(ledger, window=1)) == 1


def test_relays_in_parallel_keep_one_window_and_lease_no_job_twice(ledger: Connection, another: Open) -> None:
    for _ in range(60):
        sign_up(ledger)
    relays = [another() for _ in range(6)]
    with ThreadPoolExecutor(len(relays)) as threads:
        leases = [lease for _ in range(5) for lease in threads.map(lambda relay: take_lease(relay, window=40), relays)]
    ids = [job for lease in leases for job in ids_in(lease.messages)]
    assert len(ids) == len(set(ids)) == 40


def test_a_job_that_somebody_holds_is_left_and_not_waited_for(ledger: Connection, another: Open) -> None:
    (held,), (free,) = sign_up(ledger), sign_up(ledger)
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (held,))
        assert leased_ids(ledger) == {free}
    assert leased_ids(ledger) == {held}


def test_of_one_persons_jobs_at_one_provider_only_the_head_is_leased(ledger: Connection, executor: UUID) -> None:
    first, second, third = sign_up(ledger, owed(), owed(), owed())
    for head in (first, second, third):
        assert leased_ids(ledger) == {head}
        assert leased_ids(ledger) == set(), "not while it is queued"
        take(ledger, executor, head)
        assert leased_ids(ledger) == set(), "not while it runs"
        put(ledger, head, "state = 'retrying', claimer = NULL, run_at = now() + interval '1 hour'")
        assert leased_ids(ledger) == set(), "not while it waits for its retry"
        finish_as(ledger, head, "succeeded")


def test_the_line_spans_sign_ups_of_the_same_person(ledger: Connection) -> None:
    (first,) = sign_up(ledger, address="ann@b.example")
    (second,) = sign_up(ledger, address="ann@b.example")
    assert leased_ids(ledger) == {first}
    finish_as(ledger, first, "succeeded")
    assert leased_ids(ledger) == {second}


def test_one_persons_jobs_at_different_providers_do_not_wait_for_each_other(ledger: Connection) -> None:
    jobs = sign_up(ledger, owed(provider="one"), owed(provider="two"))
    assert leased_ids(ledger) == set(jobs)


@pytest.mark.parametrize("word", ["dead", "unknown", "skipped", "cancelled", "discarded"])
def test_a_head_that_came_to_a_bad_end_does_not_block_those_behind_it(ledger: Connection, word: str) -> None:
    head, behind = sign_up(ledger, owed(), owed())
    finish_as(ledger, head, word)
    assert leased_ids(ledger) == {behind}


def test_a_head_that_somebody_holds_does_not_let_the_next_one_pass(ledger: Connection, another: Open) -> None:
    head, _ = sign_up(ledger, owed(), owed())
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (head,))
        assert leased_ids(ledger) == set()


@pytest.mark.parametrize("doing", ["queued", "running"])
def test_an_earlier_job_that_came_back_waits_for_the_later_one_in_flight(
    ledger: Connection, executor: UUID, doing: str
) -> None:
    earlier, later = sign_up(ledger, owed(), owed())
    finish_as(ledger, earlier, "dead")
    assert leased_ids(ledger) == {later}
    if doing == "running":
        take(ledger, executor, later)
    put(ledger, earlier, "state = 'staged', finished_at = NULL")
    assert leased_ids(ledger) == set()
    if doing == "running":
        finish_as(ledger, later, "succeeded")
    else:
        give_back(ledger, [later])
    assert leased_ids(ledger) == {earlier}


def test_a_lease_says_what_is_to_be_published(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    assert take_lease(ledger).messages == [Message(job, KIND, QUEUE, (job,))]


def test_what_is_leased_is_on_record_as_a_message_before_anybody_publishes_it(ledger: Connection) -> None:
    for _ in range(9):
        sign_up(ledger)
    leased = take_lease(ledger, batch=3).messages
    assert on_the_wire(ledger) == {message.id: list(message.jobs) for message in leased}
    assert {len(message.jobs) for message in leased} == {1, 2, 3}
