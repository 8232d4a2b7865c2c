"""The decision, row by row: every outcome, for repeatable providers and others, with budget and without."""

from itertools import product

import pytest

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from jobs.policy import Policy
from jobs.retry import HAND_BACK_PAUSE_S, LONGEST_HAND_BACK_S, Tries, crashed, decide
from ledger.moves import Move
from ledger.states import ANSWERED, State

PATIENT = Policy(retry_backoff=2, retry_backoff_max=600, retry_jitter=False)
DAY = 86_400.0


def tries(
    attempts: int = 0,
    *,
    max_retries: int | None = None,
    budget_left: float = DAY,
    repeatable: bool = True,
    probing: bool = False,
) -> Tries:
    return Tries(attempts, max_retries, budget_left, repeatable, probing)


def move(outcome: Outcome, behind: Tries, policy: Policy = PATIENT) -> Move:
    return decide(outcome, policy=policy, tries=behind, draw=lambda: 0.5)


FRESH = [tries(repeatable=repeatable) for repeatable in (True, False)]
SPENT = [
    *(tries(3, max_retries=3, repeatable=repeatable) for repeatable in (True, False)),
    *(tries(budget_left=left, repeatable=repeatable) for left in (0.0, -5.0) for repeatable in (True, False)),
]
ANY = FRESH + SPENT

ROWS = [
    *((outcome, behind, State.SUCCEEDED, 1) for outcome, behind in product((Accepted("p"), Already("p")), ANY)),
    *((Suppressed("left"), behind, State.SKIPPED, 1) for behind in ANY),
    *((Rejected("bad"), behind, State.DEAD, 1) for behind in ANY),
    *((Retry("down"), behind, State.RETRYING, 1) for behind in FRESH),
    *((Retry("down"), behind, State.DEAD, 1) for behind in SPENT),
    *((Retry("full", blame=Blame.RECIPIENT), behind, State.RETRYING, 1) for behind in FRESH),
    *((Retry("full", blame=Blame.RECIPIENT), behind, State.DEAD, 1) for behind in SPENT),
    *((Retry("refused", blame=Blame.EITHER), behind, State.RETRYING, 1) for behind in FRESH),
    *((Retry("refused", blame=Blame.EITHER), behind, State.DEAD, 1) for behind in SPENT),
    *((Retry("slower", 7.0, Blame.LIMIT), behind, State.RETRYING, 0) for behind in FRESH),
    *((Retry("key", blame=Blame.OPERATOR), behind, State.STAGED, 0) for behind in ANY),
    *((Retry("stop", blame=Blame.OURS), behind, State.STAGED, 0) for behind in ANY),
    (Unknown("lost"), tries(repeatable=True), State.RETRYING, 1),
    (Unknown("lost"), tries(3, max_retries=3, repeatable=True), State.DEAD, 1),
    (Unknown("lost"), tries(budget_left=0, repeatable=True), State.DEAD, 1),
    *((Unknown("lost"), behind, State.UNKNOWN, 1) for behind in ANY if not behind.repeatable),
]


@pytest.mark.parametrize(("outcome", "behind", "state", "spent"), ROWS)
def test_each_outcome_makes_one_move(outcome: Outcome, behind: Tries, state: State, spent: int) -> None:
    found = move(outcome, behind)
    assert (found.state, found.spent) == (state, spent)
    assert found.state in ANSWERED
    assert (found.delay is not None) == (state in {State.RETRYING, State.STAGED}), "only what is due again waits"


@pytest.mark.parametrize("outcome", [Suppressed("why"), Rejected("why"), Retry("why"), Unknown("why")])
@pytest.mark.parametrize("behind", ANY)
def test_whatever_did_not_succeed_says_why(outcome: Outcome, behind: Tries) -> None:
    assert move(outcome, behind).code == "why"


@pytest.mark.parametrize("outcome", [Accepted("an id"), Already("an id")])
def test_a_success_keeps_the_providers_id_and_has_no_code(outcome: Outcome) -> None:
    found = move(outcome, tries())
    assert (found.provider_id, found.code) == ("an id", None)


@pytest.mark.parametrize("behind", ANY)
def test_what_is_handed_back_is_due_at_once_and_spends_nothing_whatever_is_left(behind: Tries) -> None:
    found = move(Retry("fenced_off", 3600.0, Blame.OURS), behind)
    assert (found.state, found.delay, found.spent) == (State.STAGED, 0, 0)


@pytest.mark.parametrize("behind", ANY)
def test_an_operators_fault_never_buries_a_job(behind: Tries) -> None:
    found = move(Retry("unauthorized", blame=Blame.OPERATOR), behind)
    assert (found.state, found.delay, found.spent) == (State.STAGED, HAND_BACK_PAUSE_S, 0)


@pytest.mark.parametrize(("claims", "pause"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (40, 60), (10**9, 60)])
def test_the_pause_after_an_operators_fault_grows_with_every_claim_up_to_a_minute(claims: int, pause: float) -> None:
    behind = Tries(0, None, DAY, repeatable=True, claims=claims)
    assert move(Retry("unauthorized", blame=Blame.OPERATOR), behind).delay == pause * HAND_BACK_PAUSE_S
    assert LONGEST_HAND_BACK_S == 60


def test_a_probe_is_due_again_at_once_however_often_it_has_tried_for_the_others() -> None:
    behind = Tries(0, None, DAY, repeatable=True, claims=40, probing=True)
    assert move(Retry("unauthorized", blame=Blame.OPERATOR), behind).delay == HAND_BACK_PAUSE_S


def test_a_limit_spends_no_try_even_from_the_last_one() -> None:
    found = move(Retry("slower", 1.0, Blame.LIMIT), tries(3, max_retries=3))
    assert (found.state, found.spent) == (State.RETRYING, 0)


def test_a_limit_that_outlasts_the_age_is_the_end() -> None:
    assert move(Retry("slower", 60.0, Blame.LIMIT), tries(budget_left=60)).state is State.DEAD


def test_a_probe_that_fails_spends_nothing_because_it_tried_for_all() -> None:
    found = move(Retry("down"), tries(5, max_retries=5, probing=True))
    assert (found.state, found.spent) == (State.RETRYING, 0)


@pytest.mark.parametrize(
    ("attempts", "state"), [(0, State.RETRYING), (1, State.RETRYING), (2, State.DEAD), (3, State.DEAD)]
)
def test_max_retries_is_the_number_of_tries_after_the_first(attempts: int, state: State) -> None:
    assert move(Retry("down"), tries(attempts, max_retries=2)).state is state


def test_no_retries_means_one_try() -> None:
    assert move(Retry("down"), tries(0, max_retries=0)).state is State.DEAD


@pytest.mark.parametrize(("left", "state"), [(8.0, State.DEAD), (8.001, State.RETRYING)])
def test_the_age_is_over_when_the_next_try_would_come_at_its_end(left: float, state: State) -> None:
    eight_seconds = tries(2, budget_left=left)
    assert move(Retry("down"), eight_seconds).state is state


@pytest.mark.parametrize("outcome", [Retry("x", 30.0), Retry("x", 0.0)])
def test_what_the_provider_asked_for_is_marked_so_that_nothing_pulls_it_forward(outcome: Retry) -> None:
    assert move(outcome, tries()).asked
    assert not move(Retry("x"), tries()).asked


@pytest.mark.parametrize("error", [ConnectionError("a@b.example"), TimeoutError(), ConnectionResetError()])
def test_an_exception_named_in_autoretry_for_is_tried_again(error: Exception) -> None:
    found = crashed(error, policy=PATIENT, tries=tries(), draw=lambda: 0.5)
    assert (found.state, found.spent, found.code) == (State.RETRYING, 1, f"raised_{type(error).__name__}")


def test_any_other_exception_is_the_end_and_leaves_its_text_behind() -> None:
    found = crashed(ValueError("a@b.example"), policy=PATIENT, tries=tries(), draw=lambda: 0.5)
    assert (found.state, found.code) == (State.DEAD, "raised_ValueError")


def test_autoretry_spends_the_same_budget_as_any_other_failure() -> None:
    found = crashed(TimeoutError(), policy=PATIENT, tries=tries(2, max_retries=2), draw=lambda: 0.5)
    assert found.state is State.DEAD


@pytest.mark.parametrize(
    ("backoff", "pauses"),
    [(2, [2, 4, 8, 16]), (True, [1, 2, 4, 8]), (0.5, [0.5, 1, 2, 4]), (False, [180, 180, 180, 180])],
)
def test_backoff_doubles_from_its_first_pause_as_celerys_does(backoff: object, pauses: list[float]) -> None:
    policy = Policy(retry_backoff=backoff, retry_jitter=False)
    assert [move(Retry("down"), tries(n), policy).delay for n in range(4)] == pauses


def test_the_pauses_between_limits_grow_though_none_of_them_spends_anything() -> None:
    policy = Policy(retry_backoff=2, retry_backoff_max=600, retry_jitter=False)
    limited = Retry("rate_limited", blame=Blame.LIMIT)
    pauses = [
        decide(
            limited,
            policy=policy,
            tries=Tries(attempts=0, max_retries=None, budget_left=1e6, repeatable=True, claims=claims),
            draw=lambda: 0.5,
        ).delay
        for claims in (1, 2, 3, 4, 40)
    ]
    assert pauses == [2, 4, 8, 16, 600]
