"""Revoking a task, as Flower's button and `celery control revoke` do: its job is cancelled, and no id is dropped in silence."""

from collections.abc import Callable

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import UsherWorkerContainer, Wanted
from tests.waiting import eventually

RunCelery = Callable[..., UsherWorkerContainer]


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted()]


def test_a_task_revoked_while_its_job_waits_is_a_job_cancelled(
    desk: Desk,
    providers: Providers,
    celery_setup: CeleryTestSetup,
    run_celery: RunCelery,
    worker_environment: dict[str, str],
) -> None:
    assert celery_setup.ready()
    providers.break_("down", "listmonk")
    who, other = desk.sign_up(), desk.sign_up()
    eventually(lambda: desk.job(who.newsletter).attempts > 0, within=30)
    control = run_celery("control", "revoke", str(who.newsletter), **worker_environment)
    eventually(control.ended, within=30)
    assert "1 of 1 jobs cancelled" in control.logs()
    assert desk.job(who.newsletter).state is State.CANCELLED
    assert desk.history(who.newsletter)[-1].event == "cancelled"
    again = run_celery("control", "revoke", str(who.newsletter), **worker_environment)
    eventually(again.ended, within=30)
    assert "0 of 1 jobs cancelled" in again.logs()
    providers.mend()
    desk.wait_for(State.SUCCEEDED, other.newsletter, who.email)
    assert providers.created(who) == 0
