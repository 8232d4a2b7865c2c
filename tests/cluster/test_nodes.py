"""pytest-celery's own API holds on these nodes, so that the tests beside this one may trust it."""

import pytest
from pytest_celery import CeleryTestSetup

from tests.cluster.desk import PATIENCE_S
from tests.cluster.nodes import Wanted
from tests.waiting import eventually


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted(queues="email")]


def test_the_set_up_counts_its_nodes_and_every_worker_answers_to_its_name(celery_setup: CeleryTestSetup) -> None:
    assert len(celery_setup) == 2
    assert celery_setup.ready(control=True)
    answers = celery_setup.app.control.ping(timeout=5, limit=1)
    assert answers == [{celery_setup.worker.hostname(): {"ok": "pong"}}]


def test_a_worker_tells_its_version_its_queue_and_its_processes(celery_setup: CeleryTestSetup) -> None:
    worker = celery_setup.worker
    assert worker.version.startswith("5.")
    assert worker.worker_queue == "email"
    assert worker.pid in {one["pid"] for one in worker.get_running_processes_info(["pid"])}
    assert worker.get_running_processes_info(["pid"], filters={"pid": -1}) == []


def test_a_restart_is_another_process_with_a_log_of_its_own(celery_setup: CeleryTestSetup) -> None:
    worker = celery_setup.worker
    worker.assert_log_exists(f"{worker.worker_name} ready.")
    before = worker.pid
    worker.kill()
    eventually(worker.container.ended, within=PATIENCE_S)
    worker.restart()
    assert worker.container.status == "running"
    assert worker.pid != before
    assert worker.logs().count(f"{worker.worker_name} ready.") == 1


def test_a_broker_that_was_killed_comes_back_empty_at_the_same_address(celery_setup: CeleryTestSetup) -> None:
    broker = celery_setup.broker
    address = broker.config()["url"]
    broker.container.client.set("left", "behind")
    broker.kill()
    broker.restart()
    assert broker.config()["url"] == address
    assert broker.container.client.get("left") is None
    assert celery_setup.app.conf.broker_url == address
