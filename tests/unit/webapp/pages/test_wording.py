from dataclasses import replace
from typing import get_args

import pytest

from jobs import registry
from ledger.states import State
from tests.unit.webapp.test_public_view import FRESH, RETRYING, SKIPPED, job
from webapp.pages.wording import SUMMARIES, lines_of, wait
from webapp.public_view import Status


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "any moment now"),
        (0.9, "any moment now"),
        (1, "in 1 s"),
        (40, "in 40 s"),
        (60, "in 1 min"),
        (3_599, "in 60 min"),
        (7_200, "in 2 h"),
        (86_400, "in 24 h"),
        (172_800, "in 2 days"),
    ],
)
def test_a_pause_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert wait(seconds) == words


def test_a_retry_names_whom_we_could_not_reach_and_when_it_is_tried_again() -> None:
    (line,) = lines_of([replace(RETRYING, due_in=40.2)])
    assert (line.title, line.text) == ("Adding you to the newsletter", "we could not reach the newsletter yet")
    assert line.next_try == "next try in 40 s"


def test_only_a_retry_has_a_next_try() -> None:
    assert [line.next_try for line in lines_of([FRESH, SKIPPED, job(State.DEAD)])] == [None] * 3


def test_a_skipped_job_reads_like_one_that_succeeded() -> None:
    skipped, succeeded = lines_of([SKIPPED, replace(SKIPPED, state=State.SUCCEEDED)])
    assert (skipped.state, skipped.text) == (succeeded.state, succeeded.text) == (State.SUCCEEDED, "done")


@pytest.mark.parametrize("kind", sorted(registry.load()))
def test_every_kind_there_is_has_a_title_of_its_own(kind: str) -> None:
    ours, other = lines_of([replace(FRESH, kind=kind), replace(FRESH, kind="somebody.elses")])
    assert ours.title != other.title


def test_every_state_that_is_shown_and_every_status_has_words() -> None:
    (line,) = lines_of([FRESH])
    assert set(line.words) == set(State) - {State.SKIPPED}
    assert not [text for text in line.words.values() if "{" in text]
    assert set(SUMMARIES) == set(get_args(Status))
