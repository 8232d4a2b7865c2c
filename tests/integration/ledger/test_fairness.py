"""A flood starves nobody: kinds take turns, and so do fresh jobs and those that are tried again, among thousands."""

from collections import Counter

import pytest

from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.lease import lease
from ledger.messages import Message
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import KIND, QUEUE, enrol, ids_in, leased_ids, take, take_lease

FLOOD = 5_000
KINDS = (KIND, "another.kind", "yet.another")


def lanes(ledger: Connection, messages: list[Message]) -> Counter[tuple[str, bool]]:
    """How many jobs of these messages are of which kind, fresh or tried before."""
    found = ledger.execute("SELECT kind, tried FROM jobs WHERE id = ANY(%s)", (ids_in(messages),))
    return Counter(found.fetchall())


def turn(ledger: Connection, **more: int) -> Counter[tuple[str, bool]]:
    return lanes(ledger, take_lease(ledger, kinds=KINDS, **more).messages)


@pytest.mark.parametrize("batch", [1, 50])
def test_a_flood_of_one_kind_leaves_room_for_another_that_came_later(ledger: Connection, batch: int) -> None:
    many(ledger, FLOOD, ago=3_600)
    many(ledger, 30, "another.kind", ago=1)
    assert turn(ledger, window=200, batch=batch) == {(KIND, False): 170, ("another.kind", False): 30}


@pytest.mark.parametrize(("flood", "few"), [("retrying", "staged"), ("staged", "retrying")])
def test_neither_retries_starve_what_is_fresh_nor_the_other_way_round(ledger: Connection, flood: str, few: str) -> None:
    many(ledger, FLOOD, state=flood, ago=3_600)
    many(ledger, 30, state=few, ago=1)
    assert turn(ledger, window=200) == {(KIND, flood == "retrying"): 170, (KIND, few == "retrying"): 30}


def test_where_all_are_flooded_all_have_the_same_share(ledger: Connection) -> None:
    for kind in KINDS:
        many(ledger, 500, kind, ago=3_600)
        many(ledger, 500, kind, state="retrying", ago=7_200)
    assert turn(ledger, window=600) == {(kind, tried): 100 for kind in KINDS for tried in (False, True)}


def test_within_a_lane_the_oldest_come_first(ledger: Connection) -> None:
    many(ledger, FLOOD, ago=3_600)
    leased = leased_ids(ledger, window=100)
    oldest = ledger.execute("SELECT id FROM jobs ORDER BY run_at LIMIT 100").fetchall()
    assert leased == {job for (job,) in oldest}


def test_while_a_flood_is_drained_what_comes_in_of_other_kinds_never_waits_a_turn(ledger: Connection) -> None:
    executor = enrol(ledger)
    many(ledger, 2_000, ago=3_600)
    for _ in range(8):
        many(ledger, 5, "another.kind", ago=0)
        messages = take_lease(ledger, kinds=KINDS, window=100, batch=10).messages
        assert lanes(ledger, messages)["another.kind", False] == 5
        for message in messages:
            assert take(ledger, executor, *message.jobs, kind=message.kind, message=message.id)
    (waiting,) = ledger.execute("SELECT count(*) FROM jobs WHERE state = 'staged'").fetchone() or ()
    assert waiting > 1_000, "and all the while the flood is there"


def test_a_flood_in_one_queue_is_nothing_to_another(ledger: Connection) -> None:
    many(ledger, FLOOD, ago=3_600)
    many(ledger, 3, "a.letter", "email", ago=0)
    assert len(leased_ids(ledger, window=1_000)) == 1_000
    assert len(leased_ids(ledger, queue="email", kinds=["a.letter"], window=1_000)) == 3


def test_of_two_kinds_that_share_a_providers_few_connections_neither_starves(ledger: Connection) -> None:
    terms = [Terms(kind, QUEUE, batch=10) for kind in KINDS[:2]]
    executor = enrol(ledger)
    many(ledger, 1_000, ago=3_600)
    many(ledger, 1_000, "another.kind", ago=1)
    served: Counter[tuple[str, bool]] = Counter()
    for _ in range(40):
        messages = lease(ledger, QUEUE, terms=terms, window=1_000, connections={QUEUE: 1}).messages
        served += lanes(ledger, messages)
        for message in messages:
            assert take(ledger, executor, *message.jobs, kind=message.kind, message=message.id)
        ledger.execute("DELETE FROM batches")  # it is done with them
    assert min(served[kind, False] for kind in KINDS[:2]) > 0
