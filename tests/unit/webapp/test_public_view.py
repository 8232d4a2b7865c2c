from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.reading import JobView, SignupView
from ledger.states import FINAL, State
from webapp.public_view import ask_again_in, shown_error, shown_event, shown_state, status_of

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def job(state: State, *, claim: int = 1, due_in: float = 0, error: str | None = None) -> JobView:
    return JobView(
        id=uuid4(),
        signup_id=uuid4(),
        kind="newsletter.subscribe",
        queue="newsletter",
        state=state,
        attempts=0,
        crashes=0,
        claim=claim,
        run_at=NOW,
        due_in=due_in,
        error_code=error,
        provider_id=None,
        created_at=NOW,
        finished_at=NOW if state in FINAL else None,
    )


def signup(*jobs: JobView, asks: bool = False, confirmed_at: datetime | None = None) -> SignupView:
    return SignupView(id=uuid4(), created_at=NOW, asks=asks, confirmed_at=confirmed_at, jobs=jobs)


FRESH = job(State.STAGED, claim=0)
ON_THE_WIRE = job(State.QUEUED, claim=0)
RUNNING, RETRYING, HANDED_BACK = job(State.RUNNING), job(State.RETRYING), job(State.STAGED)
DONE, SKIPPED, DEAD, UNKNOWN = (job(state) for state in (State.SUCCEEDED, State.SKIPPED, State.DEAD, State.UNKNOWN))
DONE_LONG_AGO = replace(DONE, finished_at=NOW - timedelta(days=30))
CANCELLED, DISCARDED = job(State.CANCELLED), job(State.DISCARDED)


@pytest.mark.parametrize(
    ("jobs", "word"),
    [
        ([FRESH, FRESH], "accepted"),
        ([FRESH, ON_THE_WIRE], "accepted"),
        ([FRESH, RUNNING], "processing"),
        ([FRESH, DONE], "processing"),
        ([HANDED_BACK, FRESH], "processing"),
        ([RETRYING, DONE], "processing"),
        ([DONE, DONE], "completed"),
        ([DONE, SKIPPED], "completed"),
        ([DONE, CANCELLED], "completed"),
        ([DONE, DISCARDED], "completed"),
        ([], "completed"),
        ([DONE, DEAD], "attention"),
        ([DONE, UNKNOWN], "attention"),
        ([FRESH, DEAD], "attention"),
        ([RETRYING, UNKNOWN], "attention"),
    ],
)
def test_a_sign_up_has_one_word_for_how_its_jobs_stand(jobs: list[JobView], word: str) -> None:
    assert status_of(signup(*jobs)) == word
    assert status_of(signup(*jobs[::-1])) == word


@pytest.mark.parametrize(
    ("jobs", "word"), [([FRESH], "awaiting_confirmation"), ([DONE], "awaiting_confirmation"), ([DEAD], "attention")]
)
def test_one_that_asks_waits_for_the_person_until_it_is_confirmed(jobs: list[JobView], word: str) -> None:
    assert status_of(signup(*jobs, asks=True)) == word
    assert status_of(signup(DONE, asks=True, confirmed_at=NOW)) == "completed"


@pytest.mark.parametrize("state", list(State))
def test_only_a_skipped_job_is_shown_as_something_else(state: State) -> None:
    assert shown_state(state) == (State.SUCCEEDED if state is State.SKIPPED else state)


def test_a_skipped_job_gives_no_reason_and_its_history_does_not_tell() -> None:
    assert shown_error(replace(SKIPPED, error_code="unsubscribed")) is None
    assert shown_error(replace(DEAD, error_code="address_rejected")) == "address_rejected"
    assert [shown_event(word) for word in ("claimed", "retried", "skipped")] == ["claimed", "retried", "succeeded"]


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def asked(*jobs: JobView, since: float = 0) -> int | None:
    """What is said of a sign-up that was taken so many seconds ago."""
    return ask_again_in(jobs, since=ago(since), now=NOW)


PACES = [(0, 1), (29, 1), (30, 3), (299, 3), (300, 10), (3_599, 10), (3_600, 30), (86_400 * 3, 30), (-5, 1)]


@pytest.mark.parametrize(("still", "seconds"), PACES)
def test_the_longer_nothing_has_moved_the_rarer_it_is_worth_asking(still: float, seconds: int) -> None:
    assert asked(job(State.STAGED, claim=0, due_in=-still), DONE_LONG_AGO, since=still) == seconds
    assert ask_again_in([], since=ago(still), now=NOW, awaiting=True) == seconds


def test_an_answer_makes_it_worth_asking_often_again() -> None:
    waiting = job(State.STAGED, claim=0, due_in=-4_000)
    assert asked(waiting, DONE_LONG_AGO, since=4_000) == 30
    assert asked(waiting, replace(DONE_LONG_AGO, tried_at=ago(2), finished_at=ago(2)), since=4_000) == 1
    assert asked(replace(waiting, state=State.QUEUED, tried_at=ago(100)), DONE_LONG_AGO, since=4_000) == 3


def test_a_retry_that_has_come_due_makes_it_worth_asking_often_again() -> None:
    tried = replace(job(State.QUEUED, due_in=-3), tried_at=ago(4_000))
    assert asked(tried, since=8_000) == 1
    assert asked(replace(tried, due_in=-40), since=8_000) == 3


@pytest.mark.parametrize(("due_in", "seconds"), [(-3, 1), (0.2, 1), (4.2, 5), (40, 10)])
def test_where_only_a_retry_is_left_it_is_waited_for_but_not_for_long(due_in: float, seconds: int) -> None:
    waiting = job(State.RETRYING, due_in=due_in)
    assert asked(waiting, DONE) == seconds


def test_as_long_as_a_person_is_awaited_it_is_worth_asking() -> None:
    assert ask_again_in([DONE], since=NOW, now=NOW, awaiting=True) == 1


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nobody_need_ask_again_once_everything_is_final(state: State) -> None:
    assert ask_again_in([job(state), DONE], since=NOW, now=NOW) is None
