"""What tests/conftest.py promises to every other test."""

import os

import psycopg
from redis import Redis

from embedded.settings import CONTRACT_NAMES


def test_a_database_is_migrated_and_belongs_to_the_role_that_comes_in(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
        connection.execute("CREATE TABLE left_behind ()")
    assert len(tables) > 1
    assert set(tables) == {("usher",)}


def test_the_next_test_has_a_database_of_its_own_and_the_last_one_is_gone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test!_%' ESCAPE '!'").fetchall()
        left = connection.execute("SELECT to_regclass('left_behind')").fetchone()
    assert names == [(database_url.rpartition("/")[2],)]
    assert left == (None,)


def test_a_database_is_dropped_though_somebody_is_still_connected(database_url: str) -> None:
    lingering = psycopg.connect(database_url)
    lingering.execute("SELECT 1")  # in the middle of a transaction, and never closed
    assert lingering.info.transaction_status.name == "INTRANS"


def test_the_broker_is_filled_here(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.set("left", "behind")
        assert client.dbsize() == 1


def test_and_empty_in_the_next_test(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_the_developers_settings_are_not_seen() -> None:
    assert not CONTRACT_NAMES & set(os.environ)
