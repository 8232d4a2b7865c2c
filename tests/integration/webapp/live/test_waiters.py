"""`Prefer: wait`, as far as the live view has a part in it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import requests

from ledger import reading
from ledger.connection import Connection
from tests.integration.webapp.live.conftest import QUICK
from tests.integration.webapp.stand_in_worker import DIED, DONE, NEWSLETTER, RETRIED, WELCOME, StandInWorker
from tests.integration.webapp.web_process import running
from tests.waiting import eventually
from webapp.desk import Desk
from webapp.live.feed import CutOffError, Feed
from webapp.live.live import Live
from webapp.live.waiters import Waiters
from webapp.public_view import status_of

LONG_S = 30
SOON_S = 15  # long before that, on a machine that is busy with other things


def is_waiting(live: Live, number: int = 1) -> Callable[[], bool]:
    return lambda: live.feed.watching == number


def test_the_answer_comes_as_soon_as_nothing_more_will_happen(
    live: Live, signup_id: UUID, worker: StandInWorker, ledger: Connection
) -> None:
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(live.waiters.wait, signup_id, LONG_S) for _ in range(3)]
        eventually(is_waiting(live, 3))
        worker.carry_out(NEWSLETTER, DONE)
        worker.carry_out(WELCOME, DIED)
        views = [one.result(timeout=SOON_S) for one in waiting]
    standing = reading.signup(ledger, signup_id)
    assert standing is not None
    for view in views:
        assert view is not None
        assert [(job.id, job.state, job.attempts) for job in view.jobs] == [
            (job.id, job.state, job.attempts) for job in standing.jobs
        ]
    assert live.feed.watching == 0


def test_when_the_time_is_over_it_is_shown_as_it_stands(live: Live, signup_id: UUID, worker: StandInWorker) -> None:
    worker.carry_out(NEWSLETTER, RETRIED)
    view = live.waiters.wait(signup_id, 0.2)
    assert view is not None
    assert [job.state.value for job in view.jobs] == ["retrying", "staged"]
    assert 30 < view.jobs[0].due_in < 39.9  # it has grown older while we waited


def test_nobody_waits_for_a_person_to_confirm(
    live: Live, signup_id: UUID, worker: StandInWorker, ledger: Connection
) -> None:
    ledger.execute("UPDATE signups SET asks = true WHERE id = %s", (signup_id,))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(live.waiters.wait, signup_id, LONG_S)
        eventually(is_waiting(live))
        worker.carry_out(NEWSLETTER, DONE)
        worker.carry_out(WELCOME, DONE)
        view = waiting.result(timeout=SOON_S)
    assert view is not None
    assert status_of(view) == "awaiting_confirmation"


def test_nobody_waits_for_a_place_to_wait(live: Live, signup_id: UUID) -> None:
    waiters = Waiters(live.feed, most=1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(waiters.wait, signup_id, LONG_S)
        eventually(lambda: any(topic.story for topic in live.feed._topics.values()))
        assert waiters.wait(signup_id, LONG_S) is None
        live.close()  # the process ends, and so does the wait
        assert first.result() is not None
    view = waiters.wait(signup_id, 0)
    assert view is not None
    assert view.id == signup_id


def test_where_there_is_one_thread_nobody_waits_on_it(database_url: str) -> None:
    with running(database_url, WEB_THREADS="1") as web:
        url, wait = f"{web.url}/api/v1/signups", {"Prefer": f"wait={LONG_S}"}
        answer = requests.post(url, json={"email": "ada@example.org"}, headers=wait, timeout=SOON_S)
        assert (answer.status_code, "Preference-Applied" in answer.headers) == (202, False)


def test_what_is_not_there_is_not_waited_for(live: Live) -> None:
    assert live.waiters.wait(uuid4(), LONG_S) is None
    assert live.feed.watching == 0


def test_where_the_ledger_is_cut_off_what_is_known_already_must_do(
    live: Live, ledger: Connection, signup_id: UUID
) -> None:
    ledger.execute("ALTER TABLE signups RENAME TO signups_away")
    assert live.waiters.wait(signup_id, LONG_S) is None
    ledger.execute("ALTER TABLE signups_away RENAME TO signups")
    assert eventually(lambda: live.waiters.wait(signup_id, 0)) is not None


def test_a_wait_that_is_ended_before_the_first_look_knows_nothing_and_says_nothing_wrong(desk: Desk) -> None:
    feed = Feed(desk.session, replace(QUICK, gather=30, first_look=30))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(feed.join, uuid4())
        eventually(lambda: feed.watching)
        feed.close()
        with pytest.raises(CutOffError):  # and not None, which would say that there is no such sign-up
            waiting.result()
