"""What is on the wire: given back when it never arrived, done with once it was claimed, and never waited for."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from ledger import messages
from ledger.connection import Connection
from ledger.decisions import cancel
from ledger.messages import Message, give_back, unclaimed
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.invariants import unwatched
from tests.integration.ledger.owed_jobs import (
    KIND,
    QUEUE,
    events,
    leased_ids,
    on_the_wire,
    publish,
    row,
    running,
    sign_up,
    state,
    take,
    take_lease,
)
from tests.waiting import eventually


def published_ago(ledger: Connection, message: UUID, seconds: float) -> None:
    ledger.execute(
        "UPDATE messages SET published_at = now() - make_interval(secs => %s) WHERE id = %s", (seconds, message)
    )


def message_of(ledger: Connection, number: int) -> tuple[UUID, list[UUID]]:
    jobs = [sign_up(ledger)[0] for _ in range(number)]
    return publish(ledger, *jobs), jobs


def test_what_could_not_be_published_is_due_again_at_once(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    (message,) = take_lease(ledger).messages
    assert give_back(ledger, [message.id]) == 1
    assert (state(ledger, job), events(ledger, job), on_the_wire(ledger)) == (State.STAGED, [], {})
    assert leased_ids(ledger) == {job}


def test_a_message_of_many_is_given_back_whole(ledger: Connection) -> None:
    message, jobs = message_of(ledger, 500)
    assert give_back(ledger, [message]) == 500
    assert on_the_wire(ledger) == {}
    assert leased_ids(ledger) == set(jobs)


def test_what_has_been_claimed_meanwhile_cannot_be_given_back(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert give_back(ledger, [job.id]) == 0
    assert state(ledger, job.id) is State.RUNNING


def test_of_a_message_only_what_is_queued_still_is_given_back(ledger: Connection) -> None:
    message, (cancelled, other) = message_of(ledger, 2)
    cancel(ledger, [cancelled])
    assert give_back(ledger, [message]) == 1
    assert (state(ledger, cancelled), state(ledger, other)) == (State.CANCELLED, State.STAGED)
    assert on_the_wire(ledger) == {}


def test_a_message_that_is_not_on_record_gives_nothing_back(ledger: Connection) -> None:
    message, _ = message_of(ledger, 1)
    assert give_back(ledger, [uuid4()]) == give_back(ledger, []) == 0
    assert list(on_the_wire(ledger)) == [message]


def test_giving_back_waits_for_nobody_and_what_somebody_holds_stays_on_record(
    ledger: Connection, another: Open
) -> None:
    message, jobs = message_of(ledger, 2)
    other = another()
    with other.transaction():
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (jobs[0],))
        assert give_back(ledger, [message]) == 1
        assert [state(ledger, job) for job in jobs] == [State.QUEUED, State.STAGED]
        assert on_the_wire(ledger) == {message: jobs}
    assert give_back(ledger, [message]) == 1
    assert (state(ledger, jobs[0]), on_the_wire(ledger)) == (State.STAGED, {})


def test_a_message_that_is_being_claimed_is_left_alone(ledger: Connection, another: Open, executor: UUID) -> None:
    message, (job,) = message_of(ledger, 1)
    other = another()
    with other.transaction():
        take(other, executor, job)
        assert give_back(ledger, [message]) == 0
    assert (state(ledger, job), on_the_wire(ledger)) == (State.RUNNING, {})


def test_only_what_nobody_has_claimed_for_too_long_is_unclaimed_the_longest_first(ledger: Connection) -> None:
    old, older, _fresh = (message_of(ledger, 2)[0] for _ in range(3))
    published_ago(ledger, old, 5)
    published_ago(ledger, older, 50)
    assert unclaimed(ledger, QUEUE, after=4) == [older, old]
    assert unclaimed(ledger, QUEUE, after=20) == [older]
    assert unclaimed(ledger, "email", after=4) == []


def test_what_has_arrived_is_not_unclaimed(ledger: Connection, executor: UUID) -> None:
    message, jobs = message_of(ledger, 3)
    published_ago(ledger, message, 50)
    take(ledger, executor, *jobs, message=message)
    assert unclaimed(ledger, QUEUE, after=4) == []


def test_a_job_that_is_leased_alone_goes_under_its_own_id_each_time(ledger: Connection, executor: UUID) -> None:
    (job,) = sign_up(ledger)
    for _ in range(3):
        assert take_lease(ledger).messages == [Message(job, KIND, QUEUE, (job,))]
        take(ledger, executor, job)
        take_over(ledger, [executor])
        ledger.execute("UPDATE jobs SET run_at = now()")
    assert row(ledger, job)["claim"] == 3


def test_of_two_messages_that_carry_a_job_alone_the_later_counts(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    for seconds in (50, 0):
        messages.record(ledger, QUEUE, [Message(job, KIND, QUEUE, (job,))])
        published_ago(ledger, job, seconds)
    assert on_the_wire(ledger) == {job: [job]}
    assert unclaimed(ledger, QUEUE, after=4) == []


def test_two_copies_of_a_lost_and_found_job_claim_it_once(ledger: Connection, executor: UUID) -> None:
    """It was thought lost, leased again among others, and then the first message arrives after all."""
    job, other = (sign_up(ledger)[0] for _ in range(2))
    give_back(ledger, [publish(ledger, job)])
    together = publish(ledger, job, other)
    assert [one.id for one in take(ledger, executor, job)] == [job]
    assert [one.id for one in take(ledger, executor, job, other, message=together)] == [other]
    assert (row(ledger, job)["claim"], on_the_wire(ledger)) == (1, {})


def on_the_wire_twice(ledger: Connection) -> UUID:
    """A job that goes alone, under its own id, and that is due again because a message that also named it was given up."""
    (job,) = sign_up(ledger)
    (alone,) = take_lease(ledger).messages
    assert alone.id == job
    messages.record(ledger, QUEUE, [other := Message(uuid4(), KIND, "newsletter", [job])])
    assert give_back(ledger, [other.id]) == 1
    assert (state(ledger, job), list(on_the_wire(ledger))) == (State.STAGED, [job])
    return job


def blocked(ledger: Connection, session: Connection) -> bool:
    return ledger.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (session.info.backend_pid,)).fetchone() == (
        True,
    )


def test_whoever_claims_an_earlier_message_leaves_the_later_one_of_the_same_name(
    ledger: Connection, another: Open, executor: UUID
) -> None:
    job = on_the_wire_twice(ledger)
    relay, worker = another(), another()
    with ThreadPoolExecutor(1) as threads:
        with relay.transaction():
            assert leased_ids(relay) == {job}
            claiming = threads.submit(
                take, worker, executor, job, message=job
            )  # its eyes are those of before the lease
            eventually(lambda: blocked(ledger, worker))
        assert claiming.result() == []
    assert (state(ledger, job), list(on_the_wire(ledger))) == (State.QUEUED, [job])
    assert unwatched(ledger) == set()


def test_whoever_gives_an_earlier_message_up_leaves_the_later_one_of_the_same_name(
    ledger: Connection, another: Open
) -> None:
    job = on_the_wire_twice(ledger)
    relay, warden = another(), another()
    with relay.transaction(), ThreadPoolExecutor(1) as threads:
        assert leased_ids(relay) == {job}
        threads.submit(give_back, warden, [job]).result(timeout=10)  # which waits for nobody
    assert (state(ledger, job), list(on_the_wire(ledger))) == (State.QUEUED, [job])
    assert unwatched(ledger) == set()
