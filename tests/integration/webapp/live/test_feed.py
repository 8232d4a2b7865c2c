"""The feed on a real ledger: that nothing is skipped, that many cost no more than one, and that an outage is survived."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.connection import Connection
from ledger.ids import new_ids
from tests.integration.webapp.live.conftest import QUICK
from tests.integration.webapp.live.reader import Event, parsed
from tests.integration.webapp.stand_in_worker import (
    DONE,
    DUE_AGAIN,
    NEWSLETTER,
    WELCOME,
    StandInWorker,
    open_worker,
)
from tests.waiting import eventually
from webapp.desk import Desk
from webapp.live import position
from webapp.live.feed import CrowdedError, CutOffError, Feed
from webapp.live.live import Live
from webapp.live.stream import Stream
from webapp.live.watcher import Watcher

SignUp = Callable[..., dict[str, Any]]


def joined(feed: Feed, signup_id: UUID) -> Watcher:
    watcher = feed.join(signup_id)
    assert watcher is not None
    return watcher


@contextmanager
def counted(desk: Desk, looks: list[int]) -> Iterator[Connection]:
    """A session of the desk's; `looks` has one entry more."""
    looks.append(1)
    with desk.session() as connection:
        yield connection


def states(watcher: Watcher) -> list[str]:
    return [job.state.value for job in watcher.story.signup.jobs]


def read_to_the_end(stream: Stream) -> list[Event]:
    return parsed(b"".join(stream).decode())


def resumed(feed: Feed, signup_id: UUID, where: str) -> list[Event]:
    watcher = joined(feed, signup_id)
    return read_to_the_end(Stream(feed, watcher, position.read(where, watcher.story.lengths)))


def test_a_move_that_is_committed_late_is_told_though_its_number_is_lower(
    live: Live, signup_id: UUID, database_url: str, worker: StandInWorker
) -> None:
    watcher = joined(live.feed, signup_id)
    slow = open_worker(database_url)
    with slow.connection.transaction():
        slow.carry_out(NEWSLETTER, DONE)  # its lines have their numbers, and nobody can see them yet
        worker.carry_out(WELCOME, DONE)  # higher numbers, committed at once
        eventually(lambda: states(watcher) == ["staged", "succeeded"])
    eventually(lambda: states(watcher) == ["succeeded", "succeeded"])
    order = [(move.place, move.nth) for move in watcher.story.moves]
    assert order == [(1, 1), (1, 2), (0, 1), (0, 2)]
    slow.connection.close()


def test_read_in_the_order_of_commits_and_resumed_in_the_order_of_numbers_nothing_is_lost(
    live: Live, desk: Desk, signup_id: UUID, database_url: str, worker: StandInWorker
) -> None:
    stream = Stream(live.feed, joined(live.feed, signup_id), None)
    slow = open_worker(database_url)
    with slow.connection.transaction():
        slow.carry_out(NEWSLETTER, DONE)
        worker.carry_out(WELCOME, DONE)
        eventually(lambda: "succeeded" in states(stream._watcher))
    whole = read_to_the_end(stream)
    assert len(whole) == 1 + 4 + 1
    another_process = Live(desk.session, pace=QUICK)  # which has seen none of it happen
    for place, one in enumerate(whole):
        rest = {(other.id, other.data["state"]) for other in resumed(another_process.feed, signup_id, one.id)[:-1]}
        left = {(other.data["id"], other.data["state"]) for other in whole[place + 1 : -1]}
        assert {state for _, state in rest} == {state for _, state in left}
        assert len(rest) == len(left)
    another_process.close()
    slow.connection.close()


def test_the_numbers_of_the_history_are_handed_out_one_by_one_and_never_kept_in_reserve(ledger: Connection) -> None:
    # A session that kept some in reserve would hand out low ones late, and a later move of a job be taken for an earlier one.
    found = ledger.execute(
        "SELECT seqcache FROM pg_sequence WHERE seqrelid = pg_get_serial_sequence('job_events', 'id')::regclass"
    ).fetchone()
    assert found == (1,)


@pytest.mark.parametrize("seed", range(3))
def test_under_commotion_every_watcher_is_told_every_move_of_its_job_in_order(
    live: Live, signed_up: SignUp, ledger: Connection, database_url: str, seed: int
) -> None:
    ids = [UUID(signed_up(f"{number}@example.org")["id"]) for number in range(8)]
    streams = [Stream(live.feed, joined(live.feed, signup_id), None) for signup_id in ids]
    chance = random.Random(seed)

    def work(kind: str, moves: list[Any]) -> None:
        worker = open_worker(database_url)
        for move in moves:
            with worker.connection.transaction():
                claimed = worker.claim(kind)
            for job in claimed:
                worker.batches[job.id] = uuid4()  # one batch was for all; each is answered alone here
                worker.finish([job], move)
        worker.connection.close()

    plans = [(kind, [DUE_AGAIN] * chance.randint(1, 6) + [DONE]) for kind in (NEWSLETTER, WELCOME)]
    with ThreadPoolExecutor(len(streams) + 2) as threads:
        reading = [threads.submit(read_to_the_end, stream) for stream in streams]
        working = [threads.submit(work, *plan) for plan in plans]
        for one in working:
            one.result()
        told = [one.result() for one in reading]
    for signup_id, events in zip(ids, told, strict=True):
        written = ledger.execute(
            "SELECT job_id::text, event FROM job_events JOIN jobs ON jobs.id = job_id WHERE signup_id = %s ORDER BY job_events.id",
            (signup_id,),
        ).fetchall()
        words = {"running": "claimed", "retrying": "retried", "succeeded": "succeeded"}
        heard = [(one.data["id"], words[one.data["state"]]) for one in events if one.event == "job"]
        for job in {job for job, _ in written}:
            assert [word for other, word in heard if other == job] == [word for other, word in written if other == job]


def test_a_hundred_watchers_cost_the_ledger_no_more_looks_than_one(desk: Desk, signed_up: SignUp) -> None:
    ids = [UUID(signed_up(f"{number}@example.org")["id"]) for number in range(20)]
    looks: list[int] = []

    def looks_in_a_while(feed: Feed) -> int:
        """How often it looks while another feed, that watches one sign-up, looks twenty times."""
        measure: list[int] = []
        other = Feed(partial(counted, desk, measure), QUICK)
        watcher = joined(other, ids[0])
        eventually(lambda: len(measure) > 1)
        before, from_here = len(looks), len(measure)
        eventually(lambda: len(measure) >= from_here + 20, within=20)
        found = len(looks) - before
        other.leave(watcher)
        assert feed.watching
        return found

    feed = Feed(partial(counted, desk, looks), QUICK)
    one = joined(feed, ids[0])
    alone = looks_in_a_while(feed)
    with ThreadPoolExecutor(100) as threads:
        crowd = list(threads.map(lambda number: joined(feed, ids[number % 20]), range(100)))
    assert feed.watching == 101
    crowded = looks_in_a_while(feed)
    for watcher in (one, *crowd):
        feed.leave(watcher)
    assert alone > 5
    assert crowded <= 2 * alone


def test_those_who_come_together_are_looked_up_together(desk: Desk, signed_up: SignUp) -> None:
    ids = [UUID(signed_up(f"{number}@example.org")["id"]) for number in range(30)]
    looks: list[int] = []
    feed = Feed(partial(counted, desk, looks), replace(QUICK, tick=60, gather=0.3))
    with ThreadPoolExecutor(30) as threads:
        crowd = list(threads.map(lambda signup_id: joined(feed, signup_id), ids))
    assert len(looks) <= 3
    for watcher in crowd:
        feed.leave(watcher)


def test_nobody_watching_is_nobody_asking(live: Live, signup_id: UUID) -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "usher-live"]

    eventually(lambda: threads() == [])  # those of other tests
    first, second = joined(live.feed, signup_id), joined(live.feed, signup_id)
    assert threads() == ["usher-live"]
    live.feed.leave(first)
    live.feed.leave(first)  # again is no mistake
    assert live.feed.watching == 1
    live.feed.leave(second)
    eventually(lambda: threads() == [])
    assert joined(live.feed, signup_id).story.signup.id == signup_id
    assert threads() == ["usher-live"]


def test_there_is_a_bound_on_watchers_and_those_who_leave_make_room(desk: Desk, signup_id: UUID) -> None:
    feed = Feed(desk.session, replace(QUICK, most=2))
    watchers = [joined(feed, signup_id), joined(feed, signup_id)]
    with pytest.raises(CrowdedError):
        feed.join(signup_id)
    feed.leave(watchers[0])
    assert feed.join(uuid4()) is None
    watchers[0] = joined(feed, signup_id)
    for watcher in watchers:
        feed.leave(watcher)
    assert feed.watching == 0


def test_what_a_confirmation_owes_extends_the_stream_and_until_then_it_is_not_over(
    live: Live, signup_id: UUID, worker: StandInWorker, ledger: Connection
) -> None:
    ledger.execute("UPDATE signups SET asks = true")
    ledger.execute("DELETE FROM jobs WHERE kind = %s", (NEWSLETTER,))
    worker.carry_out(WELCOME, DONE)
    stream = Stream(live.feed, joined(live.feed, signup_id), None)
    before = parsed(next(stream).decode())
    assert [(one.event, one.id, one.data["status"]) for one in before] == [
        ("signup", "0", "awaiting_confirmation"),
        ("job", "1", "awaiting_confirmation"),
        ("job", "2", "awaiting_confirmation"),
    ]
    assert next(stream) == b":\n\n"
    (job_id,) = new_ids(1)
    with ledger.transaction():
        ledger.execute("UPDATE signups SET confirmed_at = now()")
        ledger.execute(
            "INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload,"
            " give_up_at, time_limit, resend) SELECT %s, 1, fact_id, signup_id, subscriber_id, %s, 'newsletter',"
            " 'newsletter', '{}', give_up_at, 30, true FROM jobs",
            (job_id, NEWSLETTER),
        )
    said = next(piece for piece in stream if piece != b":\n\n")
    (signup,) = parsed(said.decode())
    assert (signup.event, signup.id, signup.data["status"]) == ("signup", "2.0", "processing")
    assert [job["id"] for job in signup.data["jobs"]][1] == str(job_id)
    assert [one.id for one in resumed_until(live.feed, signup_id, "2", 1)] == ["2.0"]
    worker.carry_out(NEWSLETTER, DONE)
    assert [(one.event, one.id) for one in read_to_the_end(stream)] == [
        ("job", "2.1"),
        ("job", "2.2"),
        ("end", "2.2"),
    ]


def resumed_until(feed: Feed, signup_id: UUID, where: str, number: int) -> list[Event]:
    """The first events of a stream that goes on."""
    watcher = joined(feed, signup_id)
    stream = Stream(feed, watcher, position.read(where, watcher.story.lengths))
    events: list[Event] = []
    while len(events) < number:
        events += parsed(next(stream).decode())
    stream.close()
    return events


def test_a_sign_up_that_is_erased_ends_its_streams(live: Live, signup_id: UUID, ledger: Connection) -> None:
    stream = Stream(live.feed, joined(live.feed, signup_id), None)
    next(stream)
    ledger.execute("DELETE FROM subscribers")
    assert [one.event for one in read_to_the_end(stream)] == []
    assert live.feed.watching == 0
    assert live.feed.join(signup_id) is None


def test_a_stream_ends_after_its_lifetime_so_that_nobody_holds_a_place_for_ever(desk: Desk, signup_id: UUID) -> None:
    feed = Feed(desk.session, replace(QUICK, lifetime=0.3))
    stream = Stream(feed, joined(feed, signup_id), None)
    assert read_to_the_end(stream)[-1].event == "signup"
    assert feed.watching == 0


def test_while_the_ledger_is_away_watchers_stay_and_newcomers_are_refused_and_afterwards_they_catch_up(
    desk: Desk, signup_id: UUID, worker: StandInWorker
) -> None:
    away = threading.Event()

    @contextmanager
    def unreliable() -> Iterator[Connection]:
        if away.is_set():
            raise psycopg.OperationalError
        with desk.session() as connection:
            yield connection

    feed = Feed(unreliable, QUICK)
    watcher = joined(feed, signup_id)
    away.set()
    with pytest.raises(CutOffError):
        feed.join(uuid4())
    assert joined(feed, signup_id).story is watcher.story  # known already
    worker.carry_out(NEWSLETTER, DONE)
    assert states(watcher) == ["staged", "staged"]
    away.clear()
    eventually(lambda: states(watcher) == ["succeeded", "staged"])
    assert eventually(lambda: feed.join(signup_id)) is not None
    feed.close()


def test_a_fault_of_ours_is_noted_and_the_others_hear_on(
    desk: Desk, signed_up: SignUp, worker: StandInWorker, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [UUID(signed_up(f"{number}@example.org")["id"]) for number in range(2)]
    feed = Feed(desk.session, QUICK)
    broken, whole = [joined(feed, signup_id) for signup_id in ids]
    broken.topic.story = replace(broken.story, marks=None)  # nothing can be told on from here
    worker.carry_out(NEWSLETTER, DONE)
    eventually(lambda: states(whole) == ["succeeded", "staged"])
    eventually(lambda: broken.is_sent_away)
    assert "unexpected fault: " in caplog.text
    assert "@example.org" not in caplog.text
    feed.leave(broken)
    feed.leave(whole)
