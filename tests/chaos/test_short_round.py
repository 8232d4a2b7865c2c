"""A short round of `make chaos` in every `make test`: a real cluster is broken for some seconds, and everything is counted.

What a round is made of is in the other files here; the long ones are run by `make chaos` alone.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.faults import KINDS, SHORT, chosen
from tests.chaos.load import Answer, addresses
from tests.chaos.outcome import Orders
from tests.chaos.rounds import play
from tests.chaos.schedule import Fault, fingerprint, plan
from tests.chaos.systems import Standing
from tests.chaos.usher import Usher
from tests.chaos.verdict import Verdict, judge, weigh

SEED = 5
SIGNUPS = 300
RATE = 25.0


def short_plan() -> list[Fault]:
    kinds = [kind for kind in KINDS if kind.name in SHORT]
    return plan(SEED, kinds=kinds, seconds=SIGNUPS / RATE, gap=1.0)


def test_nothing_is_lost_repeated_or_stuck_while_workers_relay_redis_and_providers_break(tmp_path: Path) -> None:
    orders = Orders(seed=SEED, signups=SIGNUPS, rate=RATE, faults=short_plan())
    outcome = play(Usher(), orders, tmp_path, most_s=240)
    assert outcome.judgement.offenders == {}, "\n".join(outcome.testimony.offences)
    assert outcome.testimony.doubles == 0
    # The web and the ledger were not broken, so nobody may have been turned away; and then all of them are owed.
    assert outcome.answered(Answer.ACCEPTED) == SIGNUPS
    people = len(set(addresses(SEED, SIGNUPS)))
    assert outcome.judgement.counts["listmonk", Verdict.DONE] == people
    done, doubted = (outcome.judgement.counts["smtp", verdict] for verdict in (Verdict.DONE, Verdict.UNKNOWN))
    assert done + doubted == people
    assert done > doubted, "mails were doubted that no fault had touched"


def test_the_short_round_strikes_each_of_its_faults() -> None:
    struck = {(fault.kind.name, fault.target) for fault in short_plan()}
    assert {name for name, _ in struck} == set(SHORT)
    assert {("down", "listmonk"), ("commit then drop", "smtp")} <= struck


def test_the_same_seed_plans_the_same_faults_and_visitors_and_another_seed_others() -> None:
    first, again, other = (plan(seed, kinds=KINDS, seconds=100, gap=3) for seed in (1, 1, 2))
    assert fingerprint(first) == fingerprint(again) != fingerprint(other)
    assert addresses(1, 100) == addresses(1, 100) != addresses(2, 100)


def test_a_plan_that_is_long_enough_has_every_kind_on_every_target_and_never_two_in_one_lane_at_once() -> None:
    faults = plan(1, kinds=KINDS, seconds=1_000, gap=3)
    assert {(fault.kind.name, fault.target) for fault in faults} == {
        (kind.name, target) for kind in KINDS for target in kind.targets
    }
    busy: dict[tuple[str, str], float] = {}
    for fault in faults:
        lane = fault.kind.lane, fault.target
        assert fault.at >= busy.get(lane, 0.0)
        busy[lane] = fault.at + fault.seconds


@pytest.mark.parametrize("only", ["R2", "r3;relay killed", "postgres gone"])
def test_kinds_of_fault_can_be_chosen_by_goal_and_by_name(only: str) -> None:
    wanted = set(only.lower().split(";"))
    assert {kind.goal.lower() for kind in chosen(only)} | {kind.name for kind in chosen(only)} >= wanted


def test_a_kind_of_fault_that_does_not_exist_is_told() -> None:
    with pytest.raises(ValueError, match="there are the goals R2, R3"):
        chosen("R99")


@pytest.mark.parametrize(
    ("standing", "effects", "was_told", "verdict"),
    [
        (Standing.SUCCEEDED, 1, True, Verdict.DONE),
        (Standing.SUCCEEDED, 0, True, Verdict.LOST),
        (Standing.SUCCEEDED, 2, True, Verdict.REPEATED),
        (Standing.UNKNOWN, 0, True, Verdict.UNKNOWN),
        (Standing.UNKNOWN, 1, True, Verdict.UNKNOWN),
        (Standing.UNKNOWN, 2, True, Verdict.REPEATED),
        (Standing.DEAD, 0, True, Verdict.DEAD),
        (Standing.UNFINISHED, 0, True, Verdict.UNFINISHED),
        (Standing.UNFINISHED, 1, False, Verdict.UNFINISHED),
        (Standing.ABSENT, 0, True, Verdict.LOST),
        (Standing.ABSENT, 1, True, Verdict.DONE),
        (Standing.ABSENT, 1, False, Verdict.UNASKED),
        (Standing.ABSENT, 0, False, Verdict.NONE),
        (Standing.SUCCEEDED, 0, False, Verdict.LOST),
    ],
)
def test_what_the_system_says_and_what_has_arrived_are_weighed_together(
    standing: Standing,
    effects: int,
    was_told: bool,  # noqa: FBT001  # a column of the table
    verdict: Verdict,
) -> None:
    assert weigh(standing, effects, was_told=was_told) is verdict


def test_an_accepted_sign_up_that_the_system_has_forgotten_is_lost_at_both_providers() -> None:
    judgement = judge({"gone@example.org"}, {}, {"listmonk": Counter(), "smtp": Counter()})
    assert judgement.offenders == {
        ("gone@example.org", "listmonk"): Verdict.LOST,
        ("gone@example.org", "smtp"): Verdict.LOST,
    }
