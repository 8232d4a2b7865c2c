"""Engines, providers, and both ways to deploy onto them."""

import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from embedded.postgres import EmbeddedPostgres
from tests.databases import made_from
from tests.integration.deploy.deployment import Deployment, Local, Service, from_compose, from_procfile, image_folder
from tests.integration.deploy.program import START_S, SURROUNDINGS, Program
from tests.ports import free_port
from tests.sandbox_process import SandboxProcess

Start = Callable[..., Program]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image holds of ours."""
    return image_folder(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def _one_sandbox() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    assert started.stop() == 0


@pytest.fixture
def sandbox(_one_sandbox: SandboxProcess) -> SandboxProcess:
    """The providers, mended and with empty journals."""
    for provider in ("listmonk", "smtp"):
        _one_sandbox.set_mode(provider, "ok")
        _one_sandbox.clear(provider)
    return _one_sandbox


@pytest.fixture
def local(database_url: str, redis_url: str, sandbox: SandboxProcess) -> Local:
    """This machine's addresses."""
    return Local(
        database_url=database_url,
        redis_url=redis_url,
        newsletter_dsn=f"listmonk+http://usher:sandbox@127.0.0.1:{sandbox.http_port}/?list=1",
        email_dsn=f"smtp://127.0.0.1:{sandbox.smtp_port}/?from=hello@usher.example",
        port=free_port(),
        flower_port=free_port(),
    )


@pytest.fixture(params=["Procfile", "docker-compose.yml"])
def deployment(request: pytest.FixtureRequest, local: Local, image: Path) -> Deployment:
    """Each way to deploy."""
    return from_procfile(local) if request.param == "Procfile" else from_compose(local, image)


@pytest.fixture
def composed(local: Local, image: Path) -> Deployment:
    """Compose's way."""
    return from_compose(local, image)


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database in which nothing is yet."""
    with made_from(postgres) as url:
        yield url


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a service, `more` added to its command; what is still there after the test is killed."""
    with ExitStack() as running:

        def begin(service: Service, more: str = "", **environment: str) -> Program:
            log = tmp_path / f"{service.name}-{uuid.uuid4().hex}.log"
            command = f"{service.command} {more}".strip()
            told = {**service.environment, **environment}
            return running.enter_context(Program(command, told, folder=service.folder, log=log))

        yield begin


@pytest.fixture
def checked() -> Callable[..., int]:
    """Run a service's health check as the container would; returns its exit code."""

    def check(service: Service, **environment: str) -> int:
        told = {**SURROUNDINGS, **service.environment, **environment}
        ran = subprocess.run(
            service.health, cwd=service.folder, env=told, timeout=START_S, check=False, stderr=subprocess.DEVNULL
        )
        return ran.returncode

    return check
