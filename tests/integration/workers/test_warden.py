"""A relay's warden while something holds up one of its chores: the others are done, on the same session, and nobody is blind."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from redis import Redis

from ledger import operations
from ledger.connection import Connection
from ledger.decisions import Verb
from ledger.selection import Selection
from ledger.states import State
from tests.integration.deadletters.standing import many_dead
from tests.integration.ledger.owed_jobs import enrol, events, running
from tests.integration.workers.relaying import Start, published
from tests.waiting import eventually
from workers.relay.relay import Relay

WITHIN_S = 8.0  # what the design promises for whatever was lost
STATEMENT_S = 5.0  # what a statement of a relay's may take, once before it rests
MANY = 9

NAPPING = """
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
CREATE TRIGGER napping BEFORE INSERT ON job_counts FOR EACH STATEMENT EXECUTE FUNCTION nap()
"""


@contextmanager
def held(database_url: str, query: str) -> Iterator[None]:
    """Somebody else has locked what `query` locks, and goes on and on."""
    with psycopg.connect(database_url) as holder:
        assert holder.execute(query).rowcount == 1
        yield


def session_of(ledger: Connection, relay: Relay) -> int:
    """The server process that the relay's one session has, once it has one."""
    assert relay.broker() == "up"
    row = ledger.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'usher-relay'").fetchone()
    assert row is not None
    return int(row[0])


def test_while_a_row_is_held_a_dead_workers_jobs_are_taken_over_in_time_and_what_was_held_up_is_done_afterwards(
    start: Start, ledger: Connection, broker: Redis, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    many_dead(ledger, MANY)
    asked = operations.ask(ledger, Verb.DISCARD, Selection(State.DEAD), actor="ada", rate=operations.FASTEST)
    job = running(ledger, enrol(ledger))
    with held(database_url, "SELECT FROM bulk_operations FOR UPDATE"):
        relay = start()
        eventually(lambda: relay.broker() == "up")
        session = session_of(ledger, relay)
        eventually(lambda: published(broker) == [job.id], within=WITHIN_S)
        assert events(ledger, job.id) == ["claimed", "lost"]
    assert "bulk operations was held up (LockNotAvailable) and rests" in caplog.text
    eventually(lambda: (one := operations.find(ledger, asked.id)) and one.moved == MANY)
    assert session_of(ledger, relay) == session
    assert "the ledger is away" not in caplog.text


def test_so_are_they_while_a_statement_takes_longer_than_it_may(
    start: Start, ledger: Connection, broker: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.execute(NAPPING)
    job = running(ledger, enrol(ledger))
    relay = start()
    eventually(lambda: relay.broker() == "up")
    session = session_of(ledger, relay)
    eventually(lambda: published(broker) == [job.id], within=STATEMENT_S + WITHIN_S)
    assert "adding up counts was held up (QueryCanceled) and rests" in caplog.text
    assert session_of(ledger, relay) == session
    assert "the ledger is away" not in caplog.text
