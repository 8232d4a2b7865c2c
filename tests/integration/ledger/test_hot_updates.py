"""From staged to queued to running a job's row changes nothing that is in an index: so no index is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from ledger.connection import Connection
from ledger.messages import give_back
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import running, take, take_lease

MANY = 2_000
BATCH = 100


@pytest.fixture(autouse=True)
def _undisturbed(ledger: Connection) -> Iterator[None]:
    """Autovacuum holds a snapshot while it looks at the table: what is dead then cannot make room on its page."""
    ledger.execute("ALTER TABLE jobs SET (autovacuum_enabled = false)")
    yield
    ledger.execute("ALTER TABLE jobs RESET (autovacuum_enabled)")


@contextmanager
def updates(ledger: Connection) -> Iterator[list[int]]:
    """How many rows of jobs are changed inside, and how many of them without touching an index."""
    found: list[int] = []
    before = _so_far(ledger)
    yield found
    found += [now - then for now, then in zip(_so_far(ledger), before, strict=True)]


def _so_far(ledger: Connection) -> tuple[int, int]:
    ledger.execute("SELECT pg_stat_force_next_flush()")
    found = ledger.execute(
        "SELECT pg_stat_get_tuples_updated('jobs'::regclass), pg_stat_get_tuples_hot_updated('jobs'::regclass)"
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def test_leasing_and_claiming_write_no_index(ledger: Connection, executor: UUID) -> None:
    many(ledger, MANY)
    with updates(ledger) as leased:
        messages = take_lease(ledger, batch=BATCH, bulk=True, window=MANY).messages
    assert leased == [MANY, MANY]
    with updates(ledger) as claimed:
        for message in messages:
            assert len(take(ledger, executor, *message.jobs, message=message.id)) == BATCH
    assert claimed[0] == MANY
    assert claimed[1] >= 0.9 * MANY, "all but those whose page was full just then"


def test_giving_a_message_back_writes_no_index(ledger: Connection) -> None:
    many(ledger, BATCH)
    (message,) = take_lease(ledger, batch=BATCH, bulk=True, window=BATCH).messages
    with updates(ledger) as given_back:
        give_back(ledger, [message.id])
    assert given_back == [BATCH, BATCH]


def test_the_figure_tells_an_update_that_does(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    with updates(ledger) as put_off:
        ledger.execute("UPDATE jobs SET run_at = now() + interval '1 hour' WHERE id = %s", (job.id,))
    assert put_off == [1, 0]


def test_no_index_names_what_changes_on_the_way(ledger: Connection) -> None:
    indexes = ledger.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'jobs'").fetchall()
    on_the_way = {"state", "claim", "claimer", "intent", "crashes"}
    named = {word.strip("(),") for (definition,) in indexes for word in definition.split()}
    assert named.isdisjoint(on_the_way)
