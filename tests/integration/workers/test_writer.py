"""The writer: outcomes of many threads share a commit, in the order in which they were said, and none takes another along."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest

from embedded.postgres import EmbeddedPostgres
from ledger.claim import Claimed
from ledger.connection import Connection, Pool, open_pool, session
from ledger.moves import Move, Settlement
from ledger.states import State
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    REJECTED,
    batches,
    enrol,
    events,
    row,
    running,
    running_together,
    state,
    take,
)
from tests.waiting import eventually
from workers import writer as module
from workers.errors import LedgerAwayError
from workers.writer import Writer, Written

THREADS = 40
REFUSED = Move(State.SUCCEEDED, "succeeded", spent=1, provider_id="nul \0 here")
WRITING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'test-executor' AND state = 'active' AND wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture
def executor(ledger: Connection) -> UUID:
    return enrol(ledger)


@pytest.fixture
def writer(pool: Pool, executor: UUID) -> Writer:
    return Writer(pool, executor)


def settled(job: Claimed, move: Move = ACCEPTED) -> list[Settlement]:
    return [Settlement(job.id, job.claim, move)]


@contextmanager
def jobs_locked(url: str) -> Iterator[None]:
    """Meanwhile nobody can write to the jobs, so that what is said piles up behind the writer."""
    with session(url, name="test-lock") as blocking, blocking.transaction():
        blocking.execute("LOCK TABLE jobs IN SHARE MODE")
        yield


def is_writing(ledger: Connection) -> bool:
    """Whether the writer is in the middle of a statement, and held up."""
    found = ledger.execute(WRITING).fetchone()
    return found is not None and found[0] > 0


def transactions_of(ledger: Connection, jobs: list[Claimed]) -> list[int]:
    """How many jobs were settled by each transaction that settled any."""
    found = ledger.execute(
        "SELECT count(*) FROM job_events WHERE event = 'succeeded' AND job_id = ANY(%s) GROUP BY xmin::text",
        ([job.id for job in jobs],),
    )
    return sorted(count for (count,) in found)


def test_outcomes_of_many_threads_share_one_commit_when_they_pile_up(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    jobs = [running(ledger, executor) for _ in range(THREADS + 1)]
    first, *others = jobs
    with ThreadPoolExecutor(THREADS) as threads:
        with jobs_locked(database_url):
            written = [writer.settle(settled(first), batch=uuid4())]
            eventually(lambda: is_writing(ledger))
            said = [threads.submit(writer.settle, settled(job), batch=uuid4()) for job in others]
            written += [one.result() for one in said]
            assert not any(one.done.is_set() for one in written)
        assert [one.result() >= {one.settlements[0].job_id} for one in written] == [True] * len(jobs)
    assert {state(ledger, job.id) for job in jobs} == {State.SUCCEEDED}
    assert transactions_of(ledger, jobs) == [1, THREADS]


def test_one_outcome_alone_waits_for_no_other(writer: Writer, ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    assert writer.settle(settled(job), batch=uuid4()).result() == {job.id}
    assert events(ledger, job.id) == ["claimed", "succeeded"]


def test_a_batch_is_put_off_by_each_answer_and_gone_with_its_last(
    writer: Writer, ledger: Connection, executor: UUID
) -> None:
    batch = uuid4()
    first, last = running_together(ledger, executor, 2, batch=batch)
    ledger.execute("UPDATE batches SET deadline = now() - interval '1 minute'")
    writer.settle(settled(first), batch=batch).result()
    assert ledger.execute("SELECT deadline > now() + interval '29 seconds' FROM batches").fetchall() == [(True,)]
    writer.settle(settled(last), batch=batch, last=True).result()
    assert batches(ledger) == {}


def test_the_last_answer_of_a_batch_and_one_before_it_in_one_statement_leave_none_behind(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    batch = uuid4()
    before, first, last = running(ledger, executor), *running_together(ledger, executor, 2, batch=batch)
    with jobs_locked(database_url):
        writer.settle(settled(before), batch=uuid4())
        eventually(lambda: is_writing(ledger))
        written = [writer.settle(settled(first), batch=batch), writer.settle(settled(last), batch=batch, last=True)]
    for one in written:
        one.result()
    assert batch not in batches(ledger)


def test_a_point_of_no_return_is_recorded_after_everything_that_was_settled_before_it(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    before, job = running(ledger, executor), running(ledger, executor)
    with ThreadPoolExecutor(1) as thread, session(database_url, name="test-watch") as watching:
        with jobs_locked(database_url):
            writer.settle(settled(running_before := before), batch=uuid4())
            intent = thread.submit(writer.intend, job.id, job.claim, seconds=30)
            eventually(lambda: is_writing(ledger))
            assert row(watching, job.id)["intent"] == 0
            assert not intent.done()
        assert intent.result() is True
        # When the caller learns that it may go on, what it settled before is in the ledger already.
        assert state(watching, running_before.id) is State.SUCCEEDED
        assert row(watching, job.id)["intent"] == job.claim


def test_two_claims_of_one_job_that_announce_themselves_at_once_do_not_both_pass(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    blocker, old = running(ledger, executor), running(ledger, executor)
    ledger.execute("UPDATE jobs SET state = 'queued', claimer = NULL WHERE id = %s", (old.id,))
    (new,) = take(ledger, executor, old.id)
    assert new.claim == old.claim + 1
    with ThreadPoolExecutor(2) as threads:
        with jobs_locked(database_url):
            writer.settle(settled(blocker), batch=uuid4())
            eventually(lambda: is_writing(ledger))
            asked = [threads.submit(writer.intend, one.id, one.claim, seconds=30) for one in (old, new)]
            eventually(lambda: len(writer._said) == 2)
        assert [one.result() for one in asked] == [False, True]
    assert row(ledger, new.id)["intent"] == new.claim


def test_a_point_of_no_return_is_refused_to_a_claim_that_counts_no_more(
    writer: Writer, ledger: Connection, executor: UUID
) -> None:
    job = running(ledger, executor)
    ledger.execute("UPDATE jobs SET state = 'staged', claimer = NULL WHERE id = %s", (job.id,))
    assert writer.intend(job.id, job.claim, seconds=5) is False
    assert row(ledger, job.id)["intent"] == 0


def test_an_outcome_that_the_ledger_refuses_fails_alone_and_its_neighbours_are_written(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    blocker, *jobs = (running(ledger, executor) for _ in range(8))
    bad = jobs[3]
    announced = running(ledger, executor)
    with ThreadPoolExecutor(1) as thread:
        with jobs_locked(database_url):
            writer.settle(settled(blocker), batch=uuid4())
            eventually(lambda: is_writing(ledger))
            said = [writer.settle(settled(job, REFUSED if job is bad else ACCEPTED), batch=uuid4()) for job in jobs]
            intent = thread.submit(writer.intend, announced.id, announced.claim, seconds=30)
            eventually(lambda: len(writer._said) == len(jobs) + 1)
        assert intent.result() is True
    for job, one in zip(jobs, said, strict=True):
        if job is bad:
            with pytest.raises(psycopg.DataError):
                one.result()
        else:
            assert one.result() == {job.id}
    assert state(ledger, bad.id) is State.RUNNING
    assert {state(ledger, job.id) for job in jobs if job is not bad} == {State.SUCCEEDED}


def test_an_outcome_that_the_ledger_refuses_fails_alone_among_those_of_one_call(
    writer: Writer, ledger: Connection, executor: UUID
) -> None:
    batch = uuid4()
    jobs = running_together(ledger, executor, 5, batch=batch)
    moves = [ACCEPTED, ACCEPTED, REFUSED, REJECTED, ACCEPTED]
    said = [Settlement(job.id, job.claim, move) for job, move in zip(jobs, moves, strict=True)]
    with pytest.raises(psycopg.DataError):
        writer.settle(said, batch=batch, last=True).result()
    assert [state(ledger, job.id) for job in jobs] == ["succeeded", "succeeded", "running", "dead", "succeeded"]
    assert list(batches(ledger)) == [batch], "somebody still watches the one that is left"


def test_the_writer_goes_on_after_what_it_could_not_write(writer: Writer, ledger: Connection, executor: UUID) -> None:
    bad, good = running(ledger, executor), running(ledger, executor)
    with pytest.raises(psycopg.DataError):
        writer.settle(settled(bad, REFUSED), batch=uuid4()).result()
    assert writer.settle(settled(good), batch=uuid4()).result() == {good.id}


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that a test may stop, because everybody else needs theirs."""
    from ledger.migrations import upgrade  # noqa: PLC0415  # as in the fixtures above this one

    server = EmbeddedPostgres(tmp_path_factory.mktemp("stopped"), durable=False, bin_dir=postgres.bin_dir)
    server.start()
    upgrade(server.url)
    yield server
    server.stop()


@pytest.fixture
def away(own_postgres: EmbeddedPostgres) -> Iterator[tuple[Writer, list[Claimed], Callable[[], None]]]:
    """A writer whose ledger is away, three jobs that it had claimed before, and what brings the ledger back."""
    with open_pool(own_postgres.url, name="test-executor", size=2, wait_s=0.2) as pool:
        with session(own_postgres.url, name="test") as before:
            executor = enrol(before)
            jobs = [running(before, executor) for _ in range(3)]
        own_postgres.stop()
        yield Writer(pool, executor), jobs, own_postgres.start


def test_a_ledger_that_is_away_is_waited_for_and_told_of_once(
    away: tuple[Writer, list[Claimed], Callable[[], None]],
    own_postgres: EmbeddedPostgres,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer, jobs, bring_back = away
    with caplog.at_level(logging.WARNING, logger=module.__name__):
        written = [writer.settle(settled(job), batch=uuid4()) for job in jobs]
        eventually(lambda: "the ledger is away" in caplog.text)
        assert not any(one.done.is_set() for one in written)
        bring_back()
        assert set.union(*(one.result() for one in written)) == {job.id for job in jobs}
    with session(own_postgres.url, name="test") as after:
        assert {state(after, job.id) for job in jobs} == {State.SUCCEEDED}
    assert 1 <= caplog.text.count("the ledger is away") <= 2


def test_whoever_has_no_patience_left_is_told_and_the_patient_go_on_waiting(
    away: tuple[Writer, list[Claimed], Callable[[], None]],
) -> None:
    writer, (job, announced, _), bring_back = away
    written = writer.settle(settled(job), batch=uuid4())
    began = time.monotonic()
    with pytest.raises(LedgerAwayError) as error:
        writer.intend(announced.id, announced.claim, seconds=0.5)
    assert error.value.code == "ledger_away"
    assert time.monotonic() - began < 5
    assert not written.done.is_set()
    bring_back()
    assert written.result() == {job.id}


def test_what_is_said_while_the_writer_waits_for_the_ledger_has_its_own_patience(
    away: tuple[Writer, list[Claimed], Callable[[], None]], caplog: pytest.LogCaptureFixture
) -> None:
    writer, (job, announced, _), bring_back = away
    written = writer.settle(settled(job), batch=uuid4())
    eventually(lambda: "the ledger is away" in caplog.text)
    asked: list[Exception | bool] = []

    def ask() -> None:
        try:
            asked.append(writer.intend(announced.id, announced.claim, seconds=0.5))
        except LedgerAwayError as error:
            asked.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        (answer,) = eventually(lambda: asked, within=8)
    finally:
        bring_back()
    assert isinstance(answer, LedgerAwayError)
    assert written.result() == {job.id}


def test_an_outcome_is_given_up_after_its_patience_and_says_so(
    away: tuple[Writer, list[Claimed], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FINISH_PATIENCE_S", 0.3)
    writer, (job, *_), _ = away
    written: Written = writer.settle(settled(job), batch=uuid4())
    with pytest.raises(LedgerAwayError):
        written.result()


def test_a_fresh_job_and_a_stale_answer_in_one_statement_are_told_apart(
    writer: Writer, ledger: Connection, executor: UUID, database_url: str
) -> None:
    blocker, fresh, stale = (running(ledger, executor) for _ in range(3))
    ledger.execute("UPDATE jobs SET claim = claim + 1 WHERE id = %s", (stale.id,))
    with jobs_locked(database_url):
        writer.settle(settled(blocker), batch=uuid4())
        eventually(lambda: is_writing(ledger))
        said = [writer.settle(settled(job), batch=uuid4()) for job in (fresh, stale)]
    counted = [one.result() for one in said]
    assert [job.id in found for job, found in zip((fresh, stale), counted, strict=True)] == [True, False]
