"""A pool for each channel: each does its own queue and nothing else, and the end of one is not felt by the other."""

from collections.abc import Iterator

import pytest
from pytest_celery import CeleryTestSetup
from redis import Redis

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import UsherWorker, Wanted, start_again
from tests.waiting import eventually


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted(queues="newsletter"), Wanted(queues="email")]


@pytest.fixture
def newsletter_worker(celery_setup: CeleryTestSetup) -> UsherWorker:
    return celery_setup.worker_cluster[0]


@pytest.fixture
def email_worker(celery_setup: CeleryTestSetup) -> UsherWorker:
    return celery_setup.worker_cluster[1]


@pytest.fixture
def redis(celery_setup: CeleryTestSetup) -> Iterator[Redis]:
    with celery_setup.broker.container.client as client:
        yield client


def test_each_pool_does_its_own_queue_and_nothing_else(
    desk: Desk, providers: Providers, newsletter_worker: UsherWorker, email_worker: UsherWorker
) -> None:
    people = [desk.sign_up() for _ in range(10)]
    desk.wait_for(State.SUCCEEDED, *(job for one in people for job in one.jobs))
    assert {desk.executor(one.newsletter).pid for one in people} == {newsletter_worker.pid}
    assert {desk.executor(one.email).pid for one in people} == {email_worker.pid}
    assert providers.each_once(people)


def test_a_worker_and_its_relay_serve_the_same_queues(
    desk: Desk, newsletter_worker: UsherWorker, email_worker: UsherWorker
) -> None:
    for worker, queue in ((newsletter_worker, "newsletter"), (email_worker, "email")):
        family = {one.pid for one in worker.family()}
        served = [one for one in desk.register() if one.pid in family]
        assert {one.role for one in served} == {"executor", "relay"}
        assert [one.queues for one in served] == [[queue], [queue]]


def test_without_the_mail_pool_mail_waits_in_the_ledger_and_not_in_redis(
    desk: Desk, providers: Providers, redis: Redis, email_worker: UsherWorker
) -> None:
    email_worker.kill("SIGTERM")
    eventually(email_worker.container.ended, within=PATIENCE_S)
    people = [desk.sign_up() for _ in range(10)]
    desk.wait_for(State.SUCCEEDED, *(one.newsletter for one in people))
    later = desk.sign_up()
    desk.wait_for(State.SUCCEEDED, later.newsletter)
    mails = [one.email for one in (*people, later)]
    assert desk.states(mails) == {State.STAGED}
    assert redis.llen("email") == 0
    start_again(email_worker)
    desk.wait_for(State.SUCCEEDED, *mails)
    assert providers.each_once([*people, later])
