"""Messages of many jobs, through a real Redis: what they carry under a backlog, how many there are, and what becomes of them."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

import pytest
from redis import Redis

from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.moves import Settlement
from ledger.room import AHEAD_FOR
from tests.integration.ledger.owed_jobs import ACCEPTED, KIND, QUEUE, batches, enrol, events, on_the_wire, state, take
from tests.integration.workers.relaying import Published, Start, messages_in, published
from tests.integration.workers.runners import crowd
from tests.waiting import eventually
from workers.relay.relay import AHEAD

WITHIN_S = 8.0
BULK = [Terms(KIND, QUEUE, batch=500, bulk=True)]
ONE_BY_ONE = [Terms(KIND, QUEUE, batch=50)]


def whole(broker: Redis, jobs: Collection[UUID]) -> list[Published] | None:
    """The messages, once they name as many jobs as these."""
    found = messages_in(broker)
    return found if sum(len(one.jobs) for one in found) >= len(jobs) else None


def test_under_a_backlog_messages_are_as_large_as_the_kind_allows_and_each_job_is_in_one(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 2_000)
    start(window=2_000, terms=BULK)
    found = eventually(lambda: whole(broker, jobs))
    assert [len(one.jobs) for one in found] == [500] * 4
    assert Counter(job for one in found for job in one.jobs) == Counter(jobs)
    assert {one.task for one in found} == {KIND}
    assert {one.id: set(one.jobs) for one in found} == {id_: set(named) for id_, named in on_the_wire(ledger).items()}


def test_a_message_of_many_has_an_id_of_its_own_and_shows_how_many_it_carries_and_no_more(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 40)
    start(terms=BULK)
    found = eventually(lambda: whole(broker, jobs))
    assert [one.shown for one in found] == ["(10 jobs)"] * 4
    assert not {one.id for one in found} & set(jobs)


def test_when_little_is_due_each_job_leaves_alone_under_its_own_id(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 4)
    start(terms=BULK)
    found = eventually(lambda: whole(broker, jobs))
    assert sorted(one.id for one in found) == sorted(jobs)
    assert all(one.jobs == [one.id] for one in found)


def test_what_is_beyond_the_window_stays_in_the_ledger(start: Start, ledger: Connection, broker: Redis) -> None:
    jobs = crowd(ledger, 3_000)
    start(window=1_000, terms=BULK)
    eventually(lambda: len(published(broker)) >= 1_000)
    assert len(published(broker)) == 1_000
    assert len([one for one in jobs if state(ledger, one) == "staged"]) == 2_000


def test_a_claimed_batch_makes_room_for_the_next(start: Start, ledger: Connection, broker: Redis) -> None:
    crowd(ledger, 1_500)
    start(window=1_000, terms=BULK)
    first, _ = eventually(lambda: found if len(found := messages_in(broker)) == 2 else None)
    taken = take(ledger, enrol(ledger), *first.jobs, message=first.id)
    assert len(taken) == 500
    eventually(lambda: len(messages_in(broker)) == 3)
    assert len(set(published(broker))) == 1_500
    assert sorted(len(jobs) for jobs in batches(ledger).values()) == [500]


def test_messages_that_go_one_by_one_are_never_more_than_there_are_hands_for_them(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    executor = enrol(ledger, queues=["newsletter", "email"], hands=8)
    crowd(ledger, 1_000)
    start(window=2_000, terms=ONE_BY_ONE)
    taken: set[UUID] = set()

    def take_what_has_come() -> int:
        for message in messages_in(broker):
            if message.id not in taken and take(ledger, executor, *message.jobs, message=message.id):
                taken.add(message.id)
        return len(taken)

    eventually(lambda: take_what_has_come() >= 6)
    assert take_what_has_come() == 6, "of eight hands two are kept for the other queue"
    assert max(len(jobs) for jobs in batches(ledger).values()) <= 50
    ledger.execute("UPDATE processes SET seen_at = now(), hands = 12")
    eventually(lambda: take_what_has_come() >= 9, within=WITHIN_S)
    assert take_what_has_come() == 9
    assert max(Counter(published(broker)).values()) == 1


@pytest.mark.parametrize(("hands", "ahead"), [(8, AHEAD), (100, 100 // AHEAD_FOR)])
def test_no_more_messages_lie_on_the_wire_than_are_soon_taken(
    start: Start, ledger: Connection, broker: Redis, hands: int, ahead: int
) -> None:
    enrol(ledger, queues=["newsletter"], hands=hands)
    crowd(ledger, 1_000)
    start(window=2_000, terms=ONE_BY_ONE)
    eventually(lambda: len(messages_in(broker)) >= ahead)
    assert len(messages_in(broker)) == ahead


def test_two_relays_at_a_backlog_keep_one_window_and_name_no_job_twice(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    crowd(ledger, 3_000)
    start(window=2_000, terms=BULK)
    start(window=2_000, terms=BULK)
    eventually(lambda: len(published(broker)) >= 2_000)
    assert max(Counter(published(broker)).values()) == 1
    assert len(published(broker)) == 2_000


def test_a_provider_gets_no_more_messages_than_it_allows_connections_and_each_is_as_large_as_can_be(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 2_000)
    mailing = Terms("notification.welcome.email", "email", batch=50)
    start(window=2_000, terms=[*BULK, mailing], connections={QUEUE: 2})
    start(window=2_000, terms=[*BULK, mailing], connections={QUEUE: 2})
    found = eventually(lambda: seen if len(seen := messages_in(broker)) == 2 else None)
    assert [len(one.jobs) for one in found] == [500] * 2
    executor = enrol(ledger)
    taken = take(ledger, executor, *found[0].jobs, message=found[0].id, batch=found[0].id)
    assert len(taken) == 500
    assert sorted(published(broker)) == sorted([*found[0].jobs, *found[1].jobs]), "what is in hands counts as well"
    finish(ledger, [Settlement(one.id, one.claim, ACCEPTED) for one in taken], executor=executor, closed=[found[0].id])
    eventually(lambda: len(messages_in(broker)) == 3)
    assert len({*jobs} - {*published(broker)}) == 500


def test_batches_that_redis_forgot_are_published_again_within_seconds(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 1_200)
    start(window=2_000, terms=BULK)
    before = eventually(lambda: whole(broker, jobs))
    broker.flushall()
    again = eventually(lambda: whole(broker, jobs), within=WITHIN_S)
    assert Counter(job for one in again for job in one.jobs) == Counter(jobs)
    assert not {one.id for one in again} & {one.id for one in before}
    assert events(ledger, jobs[0]) == [], "nothing has happened to them"
    assert sorted(ids_of(ledger)) == sorted(jobs)


def test_a_batch_of_which_a_part_was_claimed_before_it_was_lost_gives_back_only_the_rest(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    jobs = crowd(ledger, 40)
    start(window=2_000, terms=BULK)
    lost = eventually(lambda: whole(broker, jobs))[0]
    claimed, rest = lost.jobs[:4], lost.jobs[4:]
    executor = enrol(ledger)
    beating = "UPDATE processes SET seen_at = clock_timestamp() WHERE id = %s"
    assert len(take(ledger, executor, *claimed, message=UUID(int=1))) == 4
    ledger.execute("UPDATE messages SET published_at = published_at - interval '1 minute'")
    (raw,) = (one for one in broker.lrange(QUEUE, 0, -1) if str(lost.id).encode() in one)
    broker.lrem(QUEUE, 1, raw)
    eventually(
        lambda: ledger.execute(beating, (executor,)) and lost.id not in on_the_wire(ledger),
        within=WITHIN_S,
    )
    assert {state(ledger, one) for one in rest} <= {"staged", "queued"}
    eventually(lambda: set(rest) & set(published(broker)), within=WITHIN_S)
    assert not set(claimed) & set(published(broker))
    assert {state(ledger, one) for one in claimed} == {"running"}


def ids_of(ledger: Connection) -> list[UUID]:
    """The jobs of all messages that are out."""
    return [job for jobs in on_the_wire(ledger).values() for job in jobs]
