"""What holds for the pause before a retry, whatever the policy, the tries and the provider's wishes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.outcomes import Blame, Retry
from jobs.policy import Policy
from jobs.retry import Tries, decide, pause
from ledger.states import State

SECONDS = st.floats(min_value=0.001, max_value=1e9)
DRAWS = st.floats(min_value=0, max_value=1, exclude_max=True)
ATTEMPTS = st.one_of(st.integers(0, 80), st.integers(0, 10**9))
ASKED = st.one_of(st.none(), st.floats(min_value=-1e6, max_value=1e12), st.just(math.inf))
BLAMES = st.sampled_from([Blame.PROVIDER, Blame.RECIPIENT, Blame.EITHER, Blame.LIMIT])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    return Policy(
        retry_backoff=draw(st.one_of(st.booleans(), st.floats(min_value=0.001, max_value=1e300))),
        retry_backoff_max=draw(SECONDS),
        retry_jitter=draw(st.booleans()),
        default_retry_delay=draw(SECONDS),
        retry_after_max=draw(SECONDS),
    )


@given(policies(), ATTEMPTS, ASKED, DRAWS)
def test_a_pause_is_never_negative_never_endless_and_never_overflows(
    policy: Policy, attempts: int, asked: float | None, chance: float
) -> None:
    found = pause(asked, policy, attempts, lambda: chance)
    assert 0 <= found < math.inf


@given(policies(), ATTEMPTS, st.floats(min_value=0, max_value=1e12), DRAWS)
def test_nobody_comes_before_the_providers_retry_after_nor_past_its_own_ceiling(
    policy: Policy, attempts: int, asked: float, chance: float
) -> None:
    found = pause(asked, policy, attempts, lambda: chance)
    assert min(asked, policy.retry_after_max) <= found <= policy.retry_after_max


@given(policies(), ATTEMPTS, DRAWS)
def test_without_a_retry_after_nobody_waits_longer_than_retry_backoff_max(
    policy: Policy, attempts: int, chance: float
) -> None:
    assert pause(None, policy, attempts, lambda: chance) <= policy.retry_backoff_max


def test_a_retry_after_outranks_retry_backoff_max() -> None:
    policy = Policy(retry_backoff_max=10, retry_after_max=5_000, retry_jitter=False)
    assert pause(3_600.0, policy, 0, lambda: 0.0) == 3_600.0


@given(policies(), ATTEMPTS, DRAWS)
def test_jitter_spreads_evenly_from_nothing_to_the_whole_pause(policy: Policy, attempts: int, chance: float) -> None:
    whole = pause(None, policy, attempts, lambda: 1.0)
    found = pause(None, policy, attempts, lambda: chance)
    assert found == pytest.approx(whole * chance if policy.retry_jitter else whole)


@given(ATTEMPTS, st.lists(DRAWS, min_size=2, max_size=2).map(sorted), ASKED)
def test_a_higher_draw_never_means_a_shorter_pause(attempts: int, chances: list[float], asked: float | None) -> None:
    low, high = (pause(asked, Policy(), attempts, lambda chance=chance: chance) for chance in chances)
    assert low <= high


@given(policies(), st.integers(0, 10**6))
def test_pauses_never_shrink_from_one_try_to_the_next(policy: Policy, attempts: int) -> None:
    assert pause(None, policy, attempts, lambda: 0.9) <= pause(None, policy, attempts + 1, lambda: 0.9)


@given(policies(), st.integers(0, 20), st.integers(0, 20), BLAMES)
def test_the_number_of_tries_is_honoured_exactly(policy: Policy, attempts: int, most: int, blame: Blame) -> None:
    behind = Tries(attempts, most, math.inf, repeatable=False)
    found = decide(Retry("down", blame=blame), policy=policy, tries=behind, draw=lambda: 0.5)
    used_up = attempts >= most and blame is not Blame.LIMIT
    assert found.state is (State.DEAD if used_up else State.RETRYING)


@given(policies(), ATTEMPTS, ASKED, DRAWS, st.floats(min_value=-10, max_value=1e12), BLAMES)
def test_a_job_is_never_due_again_after_its_budget_of_time(
    policy: Policy, attempts: int, asked: float | None, chance: float, left: float, blame: Blame
) -> None:
    outcome = Retry("down", asked, blame)
    behind = Tries(attempts, None, left, repeatable=False)
    found = decide(outcome, policy=policy, tries=behind, draw=lambda: chance)
    would_wait = pause(asked, policy, attempts, lambda: chance)
    assert found.state is (State.RETRYING if would_wait < left else State.DEAD)
    assert found.delay == (would_wait if found.state is State.RETRYING else None)
