"""Looking: pages that hold still, filters that mean what they say, and why things died."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ledger import deadletters, listing, operations
from ledger.connection import Connection
from ledger.cursor import ForeignCursorError
from ledger.decisions import Verb
from ledger.selection import Selection
from ledger.states import State
from tests.integration.deadletters.standing import dead, many_dead, standing
from tests.integration.ledger.owed_jobs import owed, sign_up


def pages(ledger: Connection, selection: Selection, *, limit: int) -> Iterator[list[UUID]]:
    cursor = None
    while True:
        page = listing.page(ledger, selection, cursor=cursor, limit=limit)
        yield [job.id for job in page.jobs]
        cursor = page.next
        if cursor is None:
            return


def moment(ledger: Connection) -> datetime:
    (now,) = ledger.execute("SELECT clock_timestamp()").fetchone() or ()
    assert isinstance(now, datetime)
    return now


@pytest.mark.parametrize("limit", [1, 3, 6, 7, 100])
def test_page_by_page_everything_is_seen_once_newest_first(ledger: Connection, limit: int) -> None:
    jobs = [dead(ledger) for _ in range(6)]
    seen = list(pages(ledger, Selection(State.DEAD), limit=limit))
    assert [job for page in seen for job in page] == jobs[::-1]
    assert all(len(page) == limit for page in seen[:-1])


def test_pages_hold_still_while_jobs_are_added_and_others_move(ledger: Connection) -> None:
    jobs = [dead(ledger) for _ in range(9)]
    seen: list[UUID] = []
    for page in pages(ledger, Selection(State.DEAD), limit=2):
        seen += page
        dead(ledger)
        many_dead(ledger, 5)
    assert seen == jobs[::-1]


def test_a_cursor_fits_no_other_query(ledger: Connection) -> None:
    for _ in range(2):
        dead(ledger)
    cursor = listing.page(ledger, Selection(State.DEAD), cursor=None, limit=1).next
    for other in (Selection(), Selection(State.UNKNOWN), Selection(State.DEAD, error="rejected")):
        with pytest.raises(ForeignCursorError):
            listing.page(ledger, other, cursor=cursor, limit=1)
    assert len(listing.page(ledger, Selection(State.DEAD), cursor=cursor, limit=9).jobs) == 1


@pytest.mark.parametrize("state", State)
def test_a_state_shows_that_state(ledger: Connection, state: State) -> None:
    jobs = {one: standing(ledger, one) for one in State}
    (shown,) = listing.page(ledger, Selection(state), cursor=None, limit=50).jobs
    assert (shown.id, shown.state) == (jobs[state], state)
    assert operations.count(ledger, Selection(state)) == 1


def test_filters_all_hold_at_once(ledger: Connection) -> None:
    wanted = dead(ledger, kind="a.kind", queue="letters", code="down")
    for other in ({"kind": "a.kind"}, {"queue": "letters"}, {"code": "down"}, {"kind": "a.kind", "queue": "letters"}):
        dead(ledger, **other)
    selection = Selection(State.DEAD, kind="a.kind", queue="letters", error="down")
    assert list(pages(ledger, selection, limit=5)) == [[wanted]]


def test_a_time_is_about_when_a_job_ended_or_was_owed(ledger: Connection) -> None:
    ended, waits = dead(ledger), sign_up(ledger)[0]
    between = moment(ledger)
    later = {dead(ledger), sign_up(ledger)[0]}
    assert {job for page in pages(ledger, Selection(before=between), limit=9) for job in page} == {ended, waits}
    assert {job for page in pages(ledger, Selection(after=between), limit=9) for job in page} == later
    ledger.execute("UPDATE jobs SET created_at = created_at - interval '1 day'")
    assert ended not in next(pages(ledger, Selection(after=between), limit=9))
    assert next(pages(ledger, Selection(after=between), limit=9)) != []


def test_errors_are_grouped_with_their_number_and_their_span(ledger: Connection) -> None:
    many_dead(ledger, 3, code="down")
    dead(ledger, code="refused")
    ledger.execute("UPDATE jobs SET finished_at = now() - interval '2 days' WHERE seq = 1")
    standing(ledger, State.UNKNOWN)
    standing(ledger, State.SUCCEEDED)
    found = deadletters.groups(ledger, Selection())
    assert [(one.state, one.error, one.count) for one in found] == [
        (State.DEAD, "down", 3),
        (State.UNKNOWN, "lost_after_data", 1),
        (State.DEAD, "refused", 1),
    ]
    assert timedelta(days=1, hours=23) < found[0].newest - found[0].oldest < timedelta(days=2, hours=1)
    assert [one.error for one in deadletters.groups(ledger, Selection(error="refused"))] == ["refused"]


def test_each_group_is_the_filter_of_one_bulk_operation(ledger: Connection) -> None:
    many_dead(ledger, 4, code="down")
    many_dead(ledger, 2, code="down", kind="a.kind")
    standing(ledger, State.UNKNOWN)
    for group in deadletters.groups(ledger, Selection()):
        selection = Selection(group.state, kind=group.kind, queue=group.queue, error=group.error)
        asked = operations.ask(ledger, Verb.DISCARD, selection, actor="ada", rate=1)
        assert asked.counted == group.count


def test_only_what_is_due_counts_as_overdue(ledger: Connection) -> None:
    sign_up(ledger)
    (late,) = sign_up(ledger)
    ledger.execute("UPDATE jobs SET run_at = now() + interval '1 hour'")
    assert deadletters.oldest_due(ledger) == {}
    ledger.execute("UPDATE jobs SET run_at = now() - interval '1 hour' WHERE id = %s", (late,))
    assert timedelta(minutes=59) < moment(ledger) - deadletters.oldest_due(ledger)["newsletter"] < timedelta(minutes=61)


def test_of_many_queues_and_kinds_each_queue_tells_its_oldest(ledger: Connection) -> None:
    began = moment(ledger)
    for queue in ("a", "b", "c"):
        for age, kind in enumerate(("one", "two", "three"), start=1):
            (job,) = sign_up(ledger, owed(kind, queue))
            ledger.execute(
                "UPDATE jobs SET run_at = %s - make_interval(mins => %s), tried = %s WHERE id = %s",
                (began, age + 10 * ord(queue), age == 2, job),
            )
    found = {queue: (began - since).total_seconds() / 60 for queue, since in deadletters.oldest_due(ledger).items()}
    assert found == {queue: 10 * ord(queue) + 3 for queue in ("a", "b", "c")}


@pytest.mark.parametrize("tried", [False, True])
def test_what_is_in_flight_finished_or_not_due_is_not_overdue_whatever_its_age(
    ledger: Connection, *, tried: bool
) -> None:
    for state in set(State) - {State.STAGED, State.RETRYING}:
        standing(ledger, state)
    ledger.execute("UPDATE jobs SET run_at = now() - interval '1 hour', tried = %s", (tried,))
    sign_up(ledger)
    ledger.execute("UPDATE jobs SET run_at = now() + interval '1 minute' WHERE state = 'staged'")
    assert deadletters.oldest_due(ledger) == {}


def test_a_page_of_dead_letters_is_found_by_their_index(ledger: Connection) -> None:
    many_dead(ledger, 2_000)
    ledger.execute("ANALYZE jobs")
    query = f"EXPLAIN SELECT id FROM jobs WHERE {Selection(State.DEAD).condition()} AND seq < 1000 ORDER BY seq DESC LIMIT 9"  # noqa: S608  # ours
    assert "Backward using jobs_awaiting_decision" in str(ledger.execute(query).fetchall())
