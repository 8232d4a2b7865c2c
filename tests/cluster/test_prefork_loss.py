"""With prefork each child is an executor of its own: what its death, and its parent's, costs."""

import os
import signal
from collections.abc import Sequence

import psutil
import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted, start_again
from tests.waiting import eventually

ORPHANED_S = 2
ENDED_S = 10  # what most platforms grant after SIGTERM


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted("prefork", concurrency=2)]


def test_a_pool_child_killed_in_the_middle_costs_its_own_job_a_try_and_nobody_else(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    providers.break_("slow", latency_ms=60_000)
    who = desk.sign_up()
    eventually(lambda: providers.each_once([who]), within=PATIENCE_S)
    victim, other = desk.executor(who.newsletter), desk.executor(who.email)
    assert celery_setup.worker.pid not in {victim.pid, other.pid}
    assert victim.pid != other.pid
    os.kill(victim.pid, signal.SIGKILL)
    providers.mend()
    desk.wait_for(State.SUCCEEDED, *who.jobs)
    assert [one.event for one in desk.history(who.newsletter)] == ["claimed", "lost", "claimed", "succeeded"]
    assert desk.job(who.newsletter).attempts == 1, "a lost worker spends nothing"
    assert (desk.job(who.email).attempts, desk.job(who.email).claim) == (1, 1)
    assert celery_setup.worker.container.status == "running"
    assert providers.each_once([who])


def test_a_worker_stopped_while_a_provider_hangs_ends_in_time_and_hands_back_what_its_children_hold(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    providers.break_("slow", latency_ms=60_000)
    who = desk.sign_up()
    eventually(lambda: providers.each_once([who]), within=PATIENCE_S)
    worker = celery_setup.worker
    family = worker.family()
    worker.kill("SIGTERM")
    eventually(worker.container.ended, within=ENDED_S)
    assert worker.container.exit_code == 0
    assert not left_of(family)
    providers.mend()
    start_again(worker)
    desk.wait_for(State.SUCCEEDED, who.newsletter)
    assert [one.event for one in desk.history(who.newsletter)] == ["claimed", "handed_back", "claimed", "succeeded"]
    desk.wait_for(State.UNKNOWN, who.email)
    assert providers.each_once([who])


def test_the_children_and_the_relay_of_a_killed_worker_do_not_outlive_it(celery_setup: CeleryTestSetup) -> None:
    worker = celery_setup.worker
    family = eventually(
        lambda: found if len(found := worker.family()) >= 4 else None,
        within=PATIENCE_S,
    )
    worker.kill()
    assert not left_of(family)


def left_of(family: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Which of the processes are still there in two seconds."""
    _, left = psutil.wait_procs(family, timeout=ORPHANED_S)
    return [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
