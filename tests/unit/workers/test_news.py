"""What one call for many says of its provider: one piece of news, and the one that tells most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from workers.circuit import DONE_BEFORE, PAYLOAD_NOT_UNDERSTOOD, news

FAULT = Retry("unauthorized", blame=Blame.OPERATOR)
WAIT = Retry("rate_limited", after=60.0, blame=Blame.LIMIT)
BUSY = Retry("rate_limited", blame=Blame.LIMIT)
DOWN = Retry("down")
FULL = Retry("mailbox_full", blame=Blame.RECIPIENT)
EITHER = Retry("forbidden", blame=Blame.EITHER)
OURS = Retry("not_reached", blame=Blame.OURS)

TELLS_MORE = [
    (FAULT, Accepted()),
    (FAULT, WAIT),
    (FAULT, DOWN),
    (WAIT, Accepted()),
    (WAIT, DOWN),
    (Accepted(), DOWN),
    (Already(), Unknown("lost")),
    (Suppressed("left"), DOWN),
    (Rejected("no_address"), DOWN),
    (FULL, DOWN),
    (Accepted(), EITHER),
    (FULL, EITHER),
    (EITHER, OURS),
    (DOWN, OURS),
    (DOWN, Suppressed(DONE_BEFORE)),
    (Unknown("lost"), Rejected(PAYLOAD_NOT_UNDERSTOOD)),
    (DOWN, BUSY),
]


@pytest.mark.parametrize(("more", "less"), TELLS_MORE)
def test_what_holds_for_everybody_comes_first_then_that_it_works_then_that_it_fails(
    more: Outcome, less: Outcome
) -> None:
    assert news([less, more]) == (1, more)
    assert news([more, less]) == (0, more)
    assert news([less] * 20 + [more] + [less] * 20) == (20, more)


OUTCOMES = st.sampled_from([outcome for pair in TELLS_MORE for outcome in pair])


@given(st.lists(OUTCOMES, min_size=1, max_size=50))
def test_the_news_is_the_first_outcome_of_its_sort_and_stands_where_it_says(outcomes: list[Outcome]) -> None:
    nth, outcome = news(outcomes)
    assert outcomes[nth] == outcome
    assert outcomes.index(outcome) == nth


@given(st.lists(OUTCOMES, min_size=1, max_size=50))
def test_a_provider_that_served_anybody_is_never_reported_as_failing(outcomes: list[Outcome]) -> None:
    if any(isinstance(one, Accepted | Already) for one in outcomes):
        assert news(outcomes)[1] not in (DOWN, EITHER, Unknown("lost"))
