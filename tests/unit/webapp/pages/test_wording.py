from dataclasses import replace
from typing import get_args

import pytest

from jobs import registry
from jobs.translation import Translation, for_locale, known_languages
from ledger.states import State
from tests.unit.webapp.test_public_view import FRESH, RETRYING, SKIPPED, job
from webapp.pages.wording import PHRASES, SUMMARIES, consent, lines_of, phrases, summaries, wait
from webapp.public_view import Status

ENGLISH, GERMAN = for_locale("en"), for_locale("de")


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
    assert wait(seconds, ENGLISH) == words


def test_a_retry_names_whom_we_could_not_reach_and_when_it_is_tried_again() -> None:
    (line,) = lines_of([replace(RETRYING, due_in=40.2)], ENGLISH)
    assert (line.title, line.text) == ("Adding you to the newsletter", "we could not reach the newsletter yet")
    assert line.next_try == "next try in 40 s"


def test_only_a_retry_has_a_next_try() -> None:
    assert [line.next_try for line in lines_of([FRESH, SKIPPED, job(State.DEAD)], ENGLISH)] == [None] * 3


def test_a_skipped_job_reads_like_one_that_succeeded() -> None:
    skipped, succeeded = lines_of([SKIPPED, replace(SKIPPED, state=State.SUCCEEDED)], ENGLISH)
    assert (skipped.state, skipped.text) == (succeeded.state, succeeded.text) == (State.SUCCEEDED, "done")


@pytest.mark.parametrize("kind", sorted(registry.load()))
def test_every_kind_there_is_has_a_title_of_its_own(kind: str) -> None:
    ours, other = lines_of([replace(FRESH, kind=kind), replace(FRESH, kind="somebody.elses")], ENGLISH)
    assert ours.title != other.title


@pytest.mark.parametrize("language", known_languages(), ids=lambda language: language.tag)
def test_every_state_that_is_shown_and_every_status_has_words(language: Translation) -> None:
    (line,) = lines_of([FRESH], language)
    assert set(line.words) == set(State) - {State.SKIPPED}
    assert not [text for text in line.words.values() if "{" in text]
    assert set(summaries(language)) == set(get_args(Status))


def test_the_words_are_the_readers() -> None:
    (line,) = lines_of([replace(RETRYING, due_in=40.2)], GERMAN)
    assert (line.title, line.text) == ("Aufnahme in den Newsletter", "der Newsletter-Dienst ist noch nicht erreichbar")
    assert line.next_try == "nächster Versuch in 40 s"
    assert not set(summaries(GERMAN).values()) & set(SUMMARIES.values())


@pytest.mark.parametrize("language", known_languages(), ids=lambda language: language.tag)
def test_the_script_can_say_every_pause(language: Translation) -> None:
    said = phrases(language)
    assert set(said) == set(PHRASES) == {"any_moment", "in_seconds", "in_minutes", "in_hours", "in_days", "next_try"}
    assert [name for name, text in said.items() if "{n}" in text] == ["in_seconds", "in_minutes", "in_hours", "in_days"]
    assert "{when}" in said["next_try"]


@pytest.mark.parametrize("language", known_languages(), ids=lambda language: language.tag)
def test_the_consent_says_what_happens_and_fits_where_it_is_recorded(language: Translation) -> None:
    plain, asked = consent(language, asks=False), consent(language, asks=True)
    assert plain != asked
    assert max(len(plain), len(asked)) <= 2_000  # the column of the ledger
