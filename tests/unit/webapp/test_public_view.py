from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.reading import JobView
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


FRESH = job(State.STAGED, claim=0)
ON_THE_WIRE = job(State.QUEUED, claim=0)
RUNNING, RETRYING, HANDED_BACK = job(State.RUNNING), job(State.RETRYING), job(State.STAGED)
DONE, SKIPPED, DEAD, UNKNOWN = (job(state) for state in (State.SUCCEEDED, State.SKIPPED, State.DEAD, State.UNKNOWN))
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
    assert status_of(jobs) == word
    assert status_of(jobs[::-1]) == word


@pytest.mark.parametrize("state", list(State))
def test_only_a_skipped_job_is_shown_as_something_else(state: State) -> None:
    assert shown_state(state) == (State.SUCCEEDED if state is State.SKIPPED else state)


def test_a_skipped_job_gives_no_reason_and_its_history_does_not_tell() -> None:
    assert shown_error(replace(SKIPPED, error_code="unsubscribed")) is None
    assert shown_error(replace(DEAD, error_code="address_rejected")) == "address_rejected"
    assert [shown_event(word) for word in ("claimed", "retried", "skipped")] == ["claimed", "retried", "succeeded"]


@pytest.mark.parametrize(
    ("age", "seconds"),
    [(0, 1), (29, 1), (30, 3), (299, 3), (300, 10), (3_599, 10), (3_600, 30), (86_400 * 3, 30), (-5, 1)],
)
def test_the_older_a_sign_up_the_rarer_it_is_worth_asking(age: float, seconds: int) -> None:
    assert ask_again_in([RUNNING, DONE], since=NOW - timedelta(seconds=age), now=NOW) == seconds


@pytest.mark.parametrize(("due_in", "seconds"), [(-3, 1), (0.2, 1), (4.2, 5), (40, 10)])
def test_where_only_a_retry_is_left_it_is_waited_for_but_not_for_long(due_in: float, seconds: int) -> None:
    waiting = job(State.RETRYING, due_in=due_in)
    assert ask_again_in([waiting, DONE], since=NOW, now=NOW) == seconds


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nobody_need_ask_again_once_everything_is_final(state: State) -> None:
    assert ask_again_in([job(state), DONE], since=NOW, now=NOW) is None
