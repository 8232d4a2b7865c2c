"""A ledger, a sandbox, and servers that behave worse than any sandbox should."""

from collections.abc import Iterator

import pytest

from embedded.postgres import EmbeddedPostgres
from ledger.connection import Connection, Pool, open_pool, session
from tests.integration.ledger.kept_database import empty, kept
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def _kept_database(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    with kept(postgres, _migrated_template) as url:
        yield url


@pytest.fixture
def database_url(_kept_database: str) -> str:
    """The URL of an empty ledger."""
    empty(_kept_database)
    return _kept_database


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
