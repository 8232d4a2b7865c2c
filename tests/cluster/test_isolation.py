"""One worker for all queues, and one provider that hangs: the other channel does not notice."""

from pathlib import Path

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk, Signup
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("celery_setup")

ROOT = Path(__file__).resolve().parents[2]
PATIENT = Path(__file__).parent / "patient"
HANDS = 8
FLOOD = 500  # ten messages of fifty: more than there are hands


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted(concurrency=HANDS)]


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str]) -> dict[str, str]:
    """Where a call that hangs does so until the provider is mended."""
    return worker_environment | {"PYTHONPATH": f"{PATIENT}:{ROOT}"}


def none_has_ended(desk: Desk, people: list[Signup]) -> bool:
    """Whether every call that was made to the newsletter for them is hanging still."""
    jobs = [one.newsletter for one in people]
    events = ("succeeded", "retried", "handed_back", "lost", "overran", "died")
    return not any(desk.with_event(jobs, event) for event in events)


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_backlog_of_both_is_mailed_in_full_while_every_call_to_the_newsletter_hangs(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup, mode: str
) -> None:
    providers.break_(mode, "listmonk")
    people = desk.sign_up_together(FLOOD)
    eventually(lambda: providers.sandbox.state("listmonk")["at_once"] > 0, within=PATIENCE_S)
    desk.wait_for(State.SUCCEEDED, *(one.email for one in people))
    assert none_has_ended(desk, people), "or the mails may have waited for one of them"
    assert providers.sandbox.state("listmonk")["at_once"] < HANDS, "it never has all the hands"
    assert celery_setup.worker.container.status == "running"
    providers.mend()
    desk.wait_for(State.SUCCEEDED, *(one.newsletter for one in people), within=3 * PATIENCE_S)
    assert providers.sandbox.totals("smtp")["repeated"] == 0


def test_somebody_who_signs_up_while_a_flood_of_newsletters_hangs_is_mailed_before_any_of_it_moves(
    desk: Desk, providers: Providers
) -> None:
    providers.break_("hang", "listmonk")
    flood = desk.sign_up_together(FLOOD)
    eventually(lambda: providers.sandbox.state("listmonk")["at_once"] >= HANDS - 2, within=PATIENCE_S)
    for _ in range(5):
        who = desk.sign_up()
        desk.wait_for(State.SUCCEEDED, who.email)
    assert none_has_ended(desk, flood), "or the mails may have waited for one of them"
    providers.mend()
    desk.wait_for(State.SUCCEEDED, *(one.newsletter for one in flood), within=3 * PATIENCE_S)
