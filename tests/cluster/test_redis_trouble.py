"""Redis is only a wire: wiped, restarted empty or frozen in the middle of everything, it loses and repeats nothing."""

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk, Signup
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

IN_HAND = 4  # messages, which may carry several jobs each: two workers, two threads each


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted(concurrency=2), Wanted(concurrency=2)]


def with_messages_waiting(desk: Desk, providers: Providers, setup: CeleryTestSetup) -> list[Signup]:
    """People whose jobs are in the workers' hands, in messages that nobody has taken yet, and still in the ledger."""
    providers.break_("slow", latency_ms=60_000)
    people = [desk.sign_up() for _ in range(12)]
    redis = setup.broker.container.client
    eventually(lambda: len(desk.batch_sizes()) == IN_HAND, within=PATIENCE_S)
    eventually(lambda: redis.llen("newsletter") + redis.llen("email") >= 2, within=PATIENCE_S)
    return people


def all_done_once(desk: Desk, providers: Providers, people: list[Signup]) -> None:
    desk.wait_for(State.SUCCEEDED, *(job for one in people for job in one.jobs))
    assert providers.each_once(people)
    assert {desk.job(job).attempts for one in people for job in one.jobs} == {1}


def test_everything_wiped_in_the_middle(desk: Desk, providers: Providers, celery_setup: CeleryTestSetup) -> None:
    people = with_messages_waiting(desk, providers, celery_setup)
    celery_setup.broker.container.client.flushall()
    providers.mend()
    all_done_once(desk, providers, [*people, desk.sign_up()])


def test_killed_in_the_middle_and_back_empty(desk: Desk, providers: Providers, celery_setup: CeleryTestSetup) -> None:
    people = with_messages_waiting(desk, providers, celery_setup)
    celery_setup.broker.kill()
    providers.mend()
    meanwhile = desk.sign_up()
    celery_setup.broker.restart()
    all_done_once(desk, providers, [*people, meanwhile, desk.sign_up()])


def test_frozen_until_every_relay_has_noticed(desk: Desk, providers: Providers, celery_setup: CeleryTestSetup) -> None:
    people = with_messages_waiting(desk, providers, celery_setup)
    celery_setup.broker.kill("SIGSTOP")
    providers.mend()
    meanwhile = desk.sign_up()

    def noticed() -> bool:
        pids = {relay.pid for worker in celery_setup.worker_cluster for relay in worker.relays()}
        return {one.broker for one in desk.register() if one.pid in pids} == {"down"}

    try:
        eventually(noticed, within=PATIENCE_S)
    finally:
        celery_setup.broker.kill("SIGCONT")
    all_done_once(desk, providers, [*people, meanwhile, desk.sign_up()])
