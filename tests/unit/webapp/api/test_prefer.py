from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.api.prefer import LONGEST_S, Preferences, preferences


@pytest.mark.parametrize(
    ("sent", "wait", "respond_async"),
    [
        (None, None, False),
        ("", None, False),
        ("wait=5", 5, False),
        ('wait="5"', 5, False),
        ("WAIT = 5", 5, False),
        ("respond-async", None, True),
        ("Respond-Async, wait=10", 10, True),
        ("wait=10;foo=bar, respond-async;x", 10, True),
        ('return=representation, handling="a, wait=3", wait=7', 7, False),
        ("wait=5, wait=9", 5, False),
        ("wait=junk, wait=9", None, False),
        ("wait", None, False),
        ("wait=", None, False),
        ("wait=-1", None, False),
        ("wait=1.5", None, False),
        ("wait=\u0665", None, False),
        ("wait=0", 0, False),
        ("wait=31", LONGEST_S, False),
        ("wait=999999999", LONGEST_S, False),
        ("wait=9999999999999999999", None, False),
        ("waiting=5", None, False),
        (", ,respond-async,", None, True),
    ],
)
def test_what_is_understood_is_honoured_and_the_rest_left_aside(
    sent: str | None, wait: int | None, *, respond_async: bool
) -> None:
    assert preferences(sent) == Preferences(wait, respond_async)


@given(st.text(max_size=200) | st.text('wait=,;" \\respond-async0123', max_size=60))
def test_nothing_that_is_sent_is_refused_or_waited_for_too_long(sent: str) -> None:
    found = preferences(sent)
    assert found.wait is None or 0 <= found.wait <= LONGEST_S


@pytest.mark.parametrize(
    ("asked", "waited", "said"),
    [
        (Preferences(), False, None),
        (Preferences(wait=5), False, None),
        (Preferences(wait=5), True, "wait=5"),
        (Preferences(respond_async=True), False, "respond-async"),
        (Preferences(wait=5, respond_async=True), False, "respond-async"),
        (Preferences(wait=5, respond_async=True), True, "wait=5"),
    ],
)
def test_the_answer_says_what_was_honoured(asked: Preferences, *, waited: bool, said: str | None) -> None:
    assert asked.applied(waited=waited) == said


@pytest.mark.parametrize(
    "sent", [" " * 60_000, ";" * 60_000, 'a="' * 20_000, "a=b," * 15_000, '"' * 60_000, "a" * 499 + '"']
)
def test_a_header_made_to_take_long_takes_no_longer_than_another(sent: str) -> None:
    started = process_time()
    assert preferences(sent) == Preferences()
    assert process_time() - started < 0.2, "it took 0.7 s, and 20 s if all of it was read"
