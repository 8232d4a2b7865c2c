"""Room: how much may be on the wire and in hands, for a window, for the hands there are, and for a provider's connections."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from ledger import circuits
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.lease import Lease, lease
from ledger.messages import give_back
from ledger.moves import Settlement
from ledger.room import RAMP_FIRST, RESERVE
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.invariants import unwatched
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    KIND,
    QUEUE,
    batches,
    enrol,
    ids_in,
    on_the_wire,
    take,
    take_lease,
)
from tests.waiting import eventually


def in_flight(ledger: Connection) -> int:
    """Messages on the wire and in hands."""
    return len(on_the_wire(ledger)) + len(batches(ledger))


def deliver(ledger: Connection, executor: UUID, leased: Lease) -> list[UUID]:
    """Claim all of it; returns the batches."""
    made = [uuid4() for _ in leased.messages]
    for message, batch in zip(leased.messages, made, strict=True):
        assert take(ledger, executor, *message.jobs, kind=message.kind, message=message.id, batch=batch)
    return made


@pytest.mark.parametrize(
    ("queues", "hands", "most"),
    [
        ([QUEUE, "email"], 8, 8 - 8 // RESERVE),
        ([QUEUE, "email"], 32, 32 - 32 // RESERVE),
        ([QUEUE], 8, 16),
        ([QUEUE, "email"], RESERVE - 1, 2 * (RESERVE - 1)),
    ],
    ids=["two queues", "two queues, many hands", "one queue: a message ahead for each", "few hands: the same"],
)
@pytest.mark.parametrize(("batch", "bulk"), [(1, False), (50, True), (50, False)])
def test_a_flood_takes_the_hands_that_are_not_kept_for_other_queues(
    ledger: Connection, queues: Sequence[str], hands: int, most: int, batch: int, *, bulk: bool
) -> None:
    enrol(ledger, queues=queues, hands=hands)
    many(ledger, 4_000)
    for _ in range(3):
        take_lease(ledger, batch=batch, bulk=bulk, window=2_000)
    assert most - 1 <= in_flight(ledger) <= most


@pytest.mark.parametrize(("hands", "most"), [(1, 2), (8, 4), (32, 4), (128, 16)])
def test_a_few_messages_lie_ready_and_more_for_many_hands(ledger: Connection, hands: int, most: int) -> None:
    enrol(ledger, queues=[QUEUE], hands=hands)
    many(ledger, 200)
    turns = [lease(ledger, QUEUE, terms=[Terms(KIND, QUEUE)], window=1_000, ahead=4) for _ in range(3)]
    assert len(on_the_wire(ledger)) == most
    assert (turns[-1].messages, turns[-1].full) == ([], True)


def test_what_is_in_hands_counts_as_much_as_what_is_on_the_wire(ledger: Connection) -> None:
    executor = enrol(ledger, queues=[QUEUE], hands=4)
    many(ledger, 1_000)
    first, *_ = deliver(ledger, executor, take_lease(ledger, batch=10, bulk=True))
    assert take_lease(ledger, batch=10, bulk=True) == Lease([], full=True)
    finish(ledger, [], executor=executor, closed=[first])
    assert len(take_lease(ledger, batch=10, bulk=True).messages) == 1


def test_each_executor_adds_its_hands_and_those_that_are_gone_or_elsewhere_none(ledger: Connection) -> None:
    for _ in range(2):
        enrol(ledger, queues=[QUEUE], hands=4)
    enrol(ledger, queues=["email"], hands=100)
    gone = enrol(ledger, queues=[QUEUE], hands=100)
    ledger.execute("UPDATE processes SET seen_at = now() - interval '11 seconds' WHERE id = %s", (gone,))
    many(ledger, 1_000)
    assert len(take_lease(ledger, batch=10, bulk=True).messages) == 2 * 4 * 2


def test_where_nobody_has_said_how_many_hands_there_are_the_window_alone_is_kept(ledger: Connection) -> None:
    enrol(ledger, hands=0)
    many(ledger, 500)
    assert len(take_lease(ledger, window=300).messages) == 300


def test_room_for_less_than_a_whole_batch_waits_while_there_is_something_on_the_wire(ledger: Connection) -> None:
    many(ledger, 1_000)
    first = take_lease(ledger, batch=50, bulk=True, window=120)
    assert [len(message.jobs) for message in first.messages] == [50, 50, 20]
    executor = enrol(ledger)
    take(ledger, executor, *first.messages[2].jobs, message=first.messages[2].id)
    assert take_lease(ledger, batch=50, bulk=True, window=120) == Lease([], full=True), "room for 20"
    take(ledger, executor, *first.messages[1].jobs, message=first.messages[1].id)
    assert len(ids_in(take_lease(ledger, batch=50, bulk=True, window=120).messages)) == 70


def test_a_window_that_is_smaller_than_a_batch_is_used_whole(ledger: Connection) -> None:
    many(ledger, 100)
    assert len(ids_in(take_lease(ledger, batch=500, bulk=True, window=20).messages)) == 20
    assert take_lease(ledger, batch=500, bulk=True, window=20) == Lease([], full=True)


@pytest.mark.parametrize("most", [1, 2, 7])
def test_a_provider_gets_no_more_messages_at_once_than_it_has_connections(ledger: Connection, most: int) -> None:
    executor = enrol(ledger)
    many(ledger, 1_000)
    first = take_lease(ledger, batch=10, connections={QUEUE: most})
    assert (len(first.messages), first.full) == (most, True)
    assert take_lease(ledger, batch=10, connections={QUEUE: most}) == Lease([], full=True)
    done, *_ = deliver(ledger, executor, first)
    assert take_lease(ledger, batch=10, connections={QUEUE: most}).messages == [], "in hands is in use too"
    finish(ledger, [], executor=executor, closed=[done])
    assert len(take_lease(ledger, batch=10, connections={QUEUE: most}).messages) == 1


def test_a_kind_whose_provider_has_no_call_free_is_looked_at_again_soon_whatever_other_kinds_there_are(
    ledger: Connection,
) -> None:
    many(ledger, 100)
    terms = [Terms(KIND, QUEUE, batch=10), Terms("a.letter", "another")]
    first, second = (lease(ledger, QUEUE, terms=terms, window=1_000, connections={QUEUE: 1}) for _ in range(2))
    assert [len(turn.messages) for turn in (first, second)] == [1, 0]
    assert second.full


def test_relays_of_different_queues_take_turns_at_a_provider_that_limits_them(
    ledger: Connection, another: Open
) -> None:
    many(ledger, 100)
    many(ledger, 100, "a.letter", "email", provider=QUEUE)
    letters = [Terms("a.letter", QUEUE)]
    first, second = another(), another()
    with ThreadPoolExecutor(1) as thread, first.transaction():
        assert len(take_lease(first, connections={QUEUE: 5}, window=3).messages) == 3
        waiting = thread.submit(lease, second, "email", terms=letters, window=100, connections={QUEUE: 5})
        blocked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
        eventually(lambda: ledger.execute(blocked, (second.info.backend_pid,)).fetchone() == (True,))
        first.execute("COMMIT")
        first.execute("BEGIN")
        assert len(waiting.result(5).messages) == 2, "which it saw only because it had waited"


def test_however_many_ask_at_once_in_however_many_queues_a_provider_gets_exactly_its_limit(
    ledger: Connection, another: Open
) -> None:
    queues = [f"queue.{n}" for n in range(8)]
    for queue in queues:
        many(ledger, 50, queue=queue, provider=QUEUE)
    relays = [another() for _ in queues]
    terms = [Terms(KIND, QUEUE)]

    def turn(relay: Connection, queue: str) -> int:
        return len(lease(relay, queue, terms=terms, window=100, connections={QUEUE: 11}).messages)

    with ThreadPoolExecutor(len(queues)) as threads:
        for _ in range(5):
            assert sum(threads.map(turn, relays, queues)) == in_flight(ledger) == 11
            give_back(ledger, list(on_the_wire(ledger)))


def test_a_limit_that_is_another_providers_holds_nothing_up(ledger: Connection) -> None:
    many(ledger, 100)
    assert len(take_lease(ledger, connections={"email": 1}).messages) == 100


def test_what_has_no_connection_free_after_all_is_staged_again_and_on_no_wire(ledger: Connection) -> None:
    """Two kinds are leased for the one connection that is free; one of them must wait."""
    terms = [Terms(kind, QUEUE, batch=10) for kind in (KIND, "another.kind")]
    many(ledger, 100)
    many(ledger, 100, "another.kind", state="retrying")
    leased = lease(ledger, QUEUE, terms=terms, window=1_000, connections={QUEUE: 1})
    assert (len(leased.messages), leased.full) == (1, True)
    queued = ledger.execute("SELECT id FROM jobs WHERE state = 'queued'").fetchall()
    assert {job for (job,) in queued} == set(leased.messages[0].jobs)
    assert (list(on_the_wire(ledger)), unwatched(ledger)) == ([leased.messages[0].id], set())
    lanes = ledger.execute("SELECT tried, count(*) FROM jobs GROUP BY tried ORDER BY tried").fetchall()
    assert lanes == [(False, 100), (True, 100)], "it keeps its lane"


def closed_ago(ledger: Connection, seconds: float) -> None:
    ledger.execute("UPDATE circuits SET changed_at = now() - make_interval(secs => %s)", (seconds,))


def test_right_after_a_circuit_has_closed_the_window_opens_in_steps(ledger: Connection) -> None:
    executor = enrol(ledger)
    many(ledger, 3_000)
    circuits.failed(ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    circuits.succeeded(ledger, QUEUE)
    opened = []
    for seconds in (0, 1, 2, 3, 4, 60):
        closed_ago(ledger, seconds)
        leased = take_lease(ledger, window=500)
        opened.append(len(leased.messages))
        deliver(ledger, executor, leased)
    assert opened[-1] == 500
    for seconds, number in enumerate(opened[:-1]):
        assert RAMP_FIRST * 2**seconds <= number <= RAMP_FIRST * 2**seconds * 1.5, "and a little, for the time it took"


def test_a_circuit_that_never_opened_narrows_nothing(ledger: Connection) -> None:
    many(ledger, 100)
    circuits.failed(ledger, QUEUE, code="down", job=uuid4())
    circuits.succeeded(ledger, QUEUE)
    assert len(take_lease(ledger, window=100).messages) == 100


def test_an_answer_frees_the_connection_only_with_its_batch(ledger: Connection) -> None:
    executor = enrol(ledger)
    many(ledger, 100)
    (message,) = take_lease(ledger, batch=10, connections={QUEUE: 1}).messages
    batch = uuid4()
    first, *_ = take(ledger, executor, *message.jobs, message=message.id, batch=batch)
    finish(ledger, [Settlement(first.id, first.claim, ACCEPTED)], executor=executor, going_on=[batch])
    assert take_lease(ledger, batch=10, connections={QUEUE: 1}).messages == []
    finish(ledger, [], executor=executor, closed=[batch])
    assert len(take_lease(ledger, batch=10, connections={QUEUE: 1}).messages) == 1
