"""A solution opens the door once, whoever comes with it and however many at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from os import urandom

import pytest

from ledger.challenges import forget, spend
from ledger.connection import Connection, Pool, open_pool


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    pool = open_pool(database_url, name="test", size=8, wait_s=30)
    yield pool
    pool.close()


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


def test_a_solution_counts_once(ledger: Connection) -> None:
    solution = urandom(32)
    assert [spend(ledger, solution, soon()) for _ in range(3)] == [True, False, False]
    assert spend(ledger, urandom(32), soon())


def test_of_many_at_once_one_is_told_yes(pool: Pool) -> None:
    solution = urandom(32)

    def come(_: int) -> bool:
        with pool.connection() as connection:
            return spend(connection, solution, soon())

    with ThreadPoolExecutor(40) as threads:
        assert sum(threads.map(come, range(40))) == 1


def test_only_what_has_expired_is_forgotten_and_so_many_at_a_time(ledger: Connection) -> None:
    fresh = urandom(32)
    spend(ledger, fresh, soon())
    for _ in range(5):
        spend(ledger, urandom(32), datetime.now(UTC) - timedelta(hours=1))
    assert [forget(ledger, most=3), forget(ledger, most=3), forget(ledger)] == [3, 2, 0]
    assert not spend(ledger, fresh, soon())
