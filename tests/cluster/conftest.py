"""pytest-celery's set-up, standing on Usher's own nodes: a real Redis and real workers on a real PostgreSQL.

The plugin's fixtures keep their names and meaning (`celery_setup`, `celery_worker_cluster`, ...); those that would ask a
Docker engine for containers are overridden here. A module says which workers it wants by overriding `wanted_workers`; they
last for the module, and whoever a test has ended is started again before the next.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from pytest_celery import CeleryBrokerCluster, CeleryTestSetup, CeleryWorkerCluster, RedisTestBroker

from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import UsherRedisContainer, UsherWorker, UsherWorkerContainer, Wanted, start_again
from tests.cluster.process_engine import ProcessEngine
from tests.sandbox_process import SandboxProcess

NODES = "USHER_TEST_NODES"
LOG_LINES = 60  # of each worker, in the report of a test that failed


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessEngine]:
    """Where nodes come from: local processes, or containers with USHER_TEST_NODES=docker.

    Not found out by asking for an engine: whoever has one would run other tests than whoever has not.
    """
    kind = os.environ.get(NODES, "processes")
    if kind == "docker":
        from tests.cluster.docker_engine import DockerEngine  # noqa: PLC0415  # nobody else needs an engine

        made = DockerEngine()
    else:
        assert kind == "processes", f"{NODES} is {kind!r}; it can be `processes` or `docker`"
        made = ProcessEngine(tmp_path_factory.mktemp("nodes"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def database_url(module_database_url: str) -> str:
    """As for every other test, but one for the module, since its workers last as long."""
    return module_database_url


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[SandboxProcess]:
    sandbox = SandboxProcess.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def providers(_sandbox: SandboxProcess) -> Providers:
    """Both providers, mended. Their journals are not emptied: each test has people of its own."""
    providers = Providers(_sandbox)
    providers.mend()
    return providers


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Where people sign up, and what became of it."""
    with closing(Desk(database_url)) as desk:
        yield desk


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """The module's workers; two of the Procfile's kind unless it says otherwise."""
    return [Wanted(), Wanted()]


@pytest.fixture(scope="module")
def celery_broker_cluster(engine: ProcessEngine) -> Iterator[CeleryBrokerCluster]:
    """One Redis."""
    broker = RedisTestBroker(UsherRedisContainer(engine.redis()))
    cluster = CeleryBrokerCluster(broker)
    yield cluster
    broker.teardown()
    cluster.teardown()


@pytest.fixture
def celery_backend_cluster() -> None:
    """None: the outcome is in the ledger."""


@pytest.fixture(scope="module")
def worker_environment(
    database_url: str, celery_broker_cluster: CeleryBrokerCluster, _sandbox: SandboxProcess
) -> dict[str, str]:
    """All that a worker has to be told."""
    redis_url = celery_broker_cluster[0].config()["url"]
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **Providers(_sandbox).environment}


@pytest.fixture(scope="module")
def celery_worker_cluster(
    engine: ProcessEngine, wanted_workers: list[Wanted], worker_environment: dict[str, str]
) -> Iterator[CeleryWorkerCluster]:
    """The wanted workers, started side by side."""
    nodes = []
    try:
        for number, wanted in enumerate(wanted_workers, 1):
            name = f"worker{number}@{uuid.uuid4().hex[:12]}"
            container = engine.celery(wanted.arguments(name), worker_environment | wanted.env(name))
            nodes.append(UsherWorker(UsherWorkerContainer(container), app=None))
        cluster = CeleryWorkerCluster(*nodes)
        assert cluster.ready()
        yield cluster
        cluster.teardown()
    finally:
        for node in nodes:
            node.teardown()


@pytest.fixture
def _all_present(
    celery_broker_cluster: CeleryBrokerCluster,
    celery_worker_cluster: CeleryWorkerCluster,
    providers: Providers,  # noqa: ARG001  # a test that failed may have left them broken
) -> None:
    """Start whom an earlier test has ended, side by side."""
    for broker in celery_broker_cluster:
        if broker.container.status != "running":
            broker.restart()
    start_again(*celery_worker_cluster)


@pytest.fixture
def celery_setup(
    _all_present: None, celery_setup: CeleryTestSetup, request: pytest.FixtureRequest
) -> Iterator[CeleryTestSetup]:
    """The plugin's, with everybody there; where the test fails, what the workers said goes into the report."""
    yield celery_setup
    for worker in celery_setup.worker_cluster:
        end_of_log = "\n".join(worker.logs().splitlines()[-LOG_LINES:])
        request.node.add_report_section("teardown", f"log of {worker.worker_name}", end_of_log)


@pytest.fixture(scope="session")
def run_celery(engine: ProcessEngine) -> Iterator[Callable[..., UsherWorkerContainer]]:
    """Start any other `celery -A workers ...`; it is ended with the session."""
    started: list[UsherWorkerContainer] = []

    def run(*arguments: str, **env: str) -> UsherWorkerContainer:
        started.append(UsherWorkerContainer(engine.celery(arguments, env)))
        return started[-1]

    yield run
    for one in started:
        one.teardown()
