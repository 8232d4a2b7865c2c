"""A worker that stands still while there is work: the watchdog says so, cuts its connections, and it consumes again."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.deaf_proxy import DeafProxy
from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
IMPATIENT = Path(__file__).parent / "impatient"
WITHIN_S = 60


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """One: nobody else takes what it leaves."""
    return [Wanted()]


@pytest.fixture(scope="module")
def proxy(worker_redis: str) -> Iterator[DeafProxy]:
    parts = urlsplit(worker_redis)
    assert parts.hostname
    assert parts.port
    made = DeafProxy(parts.hostname, parts.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def worker_redis(celery_broker_cluster: object) -> str:
    """The real one's address."""
    return celery_broker_cluster[0].config()["url"]  # type: ignore[index]  # pytest-celery's cluster is a sequence


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str], proxy: DeafProxy, worker_redis: str) -> dict[str, str]:
    """Redis through the proxy, and a watchdog in a hurry."""
    through = worker_redis.replace(f":{urlsplit(worker_redis).port}/", f":{proxy.port}/")
    return worker_environment | {"REDIS_URL": through, "PYTHONPATH": f"{IMPATIENT}:{ROOT}"}


def test_a_worker_that_takes_nothing_is_noticed_and_made_to_consume_again(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup, proxy: DeafProxy
) -> None:
    (worker,) = celery_setup.worker_cluster
    before = desk.sign_up()
    desk.wait_for(State.SUCCEEDED, *before.jobs)
    assert proxy.deafen() > 0
    who = desk.sign_up()
    eventually(lambda: "this worker takes none; cutting its connections" in worker.logs(), within=WITHIN_S)
    desk.wait_for(State.SUCCEEDED, *who.jobs, within=WITHIN_S)
    assert not worker.container.ended(), "it was not its platform that mended it"
    assert providers.each_once([before, who])
