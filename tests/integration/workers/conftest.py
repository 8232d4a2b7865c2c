"""A ledger, a sandbox, and servers that behave worse than any sandbox should."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from embedded.redis import EmbeddedRedis
from ledger.connection import Connection, Pool, open_pool, session
from tests.integration.workers.relaying import Start, relaying
from tests.sandbox_process import SandboxProcess
from workers.providers.adapter import Adapter, connect
from workers.relay.relay import Relay


@pytest.fixture
def ledger(database_url: str) -> Iterator[Connection]:
    """A session on the empty ledger."""
    with session(database_url, name="test") as connection:
        yield connection


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    """What an executor works on the ledger with."""
    with open_pool(database_url, name="test-executor", size=4, wait_s=2.0) as opened:
        yield opened


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    assert started.stop() == 0


@pytest.fixture
def sandbox(_sandbox: SandboxProcess) -> SandboxProcess:
    """The providers, mended and emptied."""
    for provider in ("listmonk", "smtp", "mailchimp"):
        _sandbox.set_mode(provider, "ok")
        _sandbox.clear(provider)
    return _sandbox


@pytest.fixture
def providers(sandbox: SandboxProcess) -> Iterator[dict[str, Adapter]]:
    """The adapters of the default providers, as an executor has them."""
    found = {
        "newsletter": connect(f"listmonk+http://u:t@127.0.0.1:{sandbox.http_port}/?list=1"),
        "email": connect(f"smtp://127.0.0.1:{sandbox.smtp_port}/?from=hello@example.org"),
    }
    yield found
    for adapter in found.values():
        adapter.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only its own holder has signed, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "self-signed.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", str(file) + ".cert"),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + Path(f"{file}.cert").read_text())
    return file


@pytest.fixture
def start(database_url: str, redis_url: str) -> Iterator[Start]:
    """Starts a relay on the session's Redis, or another."""
    with ExitStack() as started:

        def one(at: str = redis_url, **more: Any) -> Relay:
            return started.enter_context(relaying(database_url, at, **more))

        yield one


@pytest.fixture
def broker(redis_url: str) -> Iterator[Redis]:
    """The session's Redis, empty."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis that a test may stop and freeze."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.resume()
    server.stop()
