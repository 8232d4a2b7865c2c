"""`connections=N` in a DSN: the account's limit, held exactly by all workers together and used to the full."""

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

LIMIT = 3


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """Two, with more than five times the hands that the newsletter may have."""
    return [Wanted(concurrency=8), Wanted(concurrency=8)]


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str]) -> dict[str, str]:
    return worker_environment | {
        "NEWSLETTER_DSN": f"{worker_environment['NEWSLETTER_DSN']}&connections={LIMIT}",
        "EMAIL_DSN": f"{worker_environment['EMAIL_DSN']}&connections={LIMIT}",
    }


def test_two_workers_never_make_more_calls_at_once_than_the_account_allows_and_do_make_as_many(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    sandbox = providers.sandbox
    sandbox.clear("listmonk")
    providers.break_("slow", "listmonk", latency_ms=50, connections=LIMIT)
    people = desk.sign_up_together(150)
    eventually(lambda: sandbox.state("listmonk")["at_once"] == LIMIT, within=PATIENCE_S)
    trickle = [desk.sign_up() for _ in range(20)]  # one by one as well, while the backlog drains
    everybody = [*people, *trickle]
    desk.wait_for(State.SUCCEEDED, *(job for one in everybody for job in one.jobs), within=2 * PATIENCE_S)
    seen = sandbox.state("listmonk")
    assert (seen["most_at_once"], seen["turned_away"]) == (LIMIT, 0)
    assert {desk.job(one.newsletter).attempts for one in everybody} == {1}
    assert len({desk.executor(one.newsletter).pid for one in everybody}) == len(celery_setup.worker_cluster)
    assert sandbox.totals("listmonk")["repeated"] == 0


def test_a_worker_that_is_killed_does_not_keep_the_connections_it_had(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    sandbox = providers.sandbox
    providers.break_("slow", "listmonk", latency_ms=60_000)
    people = desk.sign_up_together(40)
    eventually(lambda: sandbox.state("listmonk")["at_once"] == LIMIT, within=PATIENCE_S)
    victim, survivor = celery_setup.worker_cluster
    held = [one for one in people if desk.job(one.newsletter).state is State.RUNNING]
    victim.kill()
    providers.mend()
    desk.wait_for(State.SUCCEEDED, *(one.newsletter for one in people), within=PATIENCE_S)
    assert held
    assert survivor.pid in {desk.executor(one.newsletter).pid for one in people}
    assert providers.sandbox.totals("listmonk")["repeated"] == 0
