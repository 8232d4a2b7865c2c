"""A task ends as its job did, in Celery's own words, so that Flower tells the truth; and says codes, never people."""

from uuid import UUID

import pytest
from celery.exceptions import Retry

from ledger.moves import Move
from ledger.states import ANSWERED, State
from workers.errors import JobDeadError, JobError, JobInDoubtError
from workers.tasks import NOT_OURS, _end

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


def alone(move: Move) -> str:
    return _end({ONE: move}, alone=True)


def test_a_message_that_claims_nothing_says_so_and_is_no_failure() -> None:
    assert _end({}, alone=True) == _end({}, alone=False) == NOT_OURS


def test_a_job_that_succeeded_is_celerys_success() -> None:
    assert alone(Move(State.SUCCEEDED, "succeeded")) == "succeeded"


def test_a_job_that_was_skipped_is_a_success_that_says_why() -> None:
    assert alone(Move(State.SKIPPED, "skipped", code="done_before")) == "skipped done_before"


@pytest.mark.parametrize("state", [State.RETRYING, State.STAGED])
def test_a_job_that_comes_again_is_celerys_retry_with_its_delay(state: State) -> None:
    with pytest.raises(Retry) as again:
        alone(Move(state, "retried", delay=12.34, code="newsletter_unavailable"))
    assert (str(again.value.exc), again.value.when) == ("newsletter_unavailable", 12.3)


@pytest.mark.parametrize(("state", "error"), [(State.DEAD, JobDeadError), (State.UNKNOWN, JobInDoubtError)])
def test_a_job_that_ended_badly_is_celerys_failure_and_its_text_is_the_code(
    state: State, error: type[JobError]
) -> None:
    with pytest.raises(error) as failure:
        alone(Move(state, "died", code="email_refused_550"))
    assert failure.value.code == str(failure.value) == "email_refused_550"


@pytest.mark.parametrize("state", sorted(ANSWERED))
def test_a_batch_is_one_task_that_counts_and_never_fails(state: State) -> None:
    moves = {
        ONE: Move(state, "x", code="c"),
        TWO: Move(State.SUCCEEDED, "succeeded"),
        THREE: Move(state, "x", code="c"),
    }
    said = _end(moves, alone=False)
    assert f"{3 if state is State.SUCCEEDED else 2} {state}" in said


def test_one_job_left_of_a_batch_does_not_end_the_task_as_that_job_did() -> None:
    assert _end({ONE: Move(State.DEAD, "died", code="c")}, alone=False) == "1 dead"
