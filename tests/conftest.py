"""What every test may ask for: real engines, a migrated database of its own, an empty broker, and a quiet surrounding.

The engines are started once for a session, on free ports, and die with it. Set USHER_TEST_PG_BIN to the folder of
another PostgreSQL's binaries to run the same tests on it.

Tests under tests/unit may open no socket: one that needs a server is an integration test.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_socket
from psycopg import sql
from redis import Redis

from embedded.postgres import EmbeddedPostgres
from embedded.redis import EmbeddedRedis
from embedded.settings import CONTRACT_NAMES
from tests.databases import KeptDatabase, made_from

TESTS = Path(__file__).parent
UNIT_TESTS = TESTS / "unit"
TURNS = (("chaos", "cluster"), ("browser", "integration"), ("unit", "architecture"))
PG_BIN = "USHER_TEST_PG_BIN"
TEMPLATE = "usher_template"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give the run a temporary folder of its own, because pytest closes the one that all runs of a person share whenever another
    begins: an engine, which under root runs as somebody else, could then not reach its files.
    """
    if config.option.basetemp is None:  # or another has been asked for; to xdist's workers it is told
        folder = tempfile.TemporaryDirectory(prefix="usher-test-", ignore_cleanup_errors=True)
        config.option.basetemp = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several sessions share the files, those who mostly wait and those who mostly compute take turns, so that no
    processor is idle; short ones come last, so that no session is left alone with a long one.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    files = dict.fromkeys(item.path for item in items)
    place = {}
    for turn, folders in enumerate(TURNS):
        own = [file for folder in folders for file in files if folder == file.relative_to(TESTS).parts[0]]
        place |= {file: (turn == len(TURNS) - 1, nth / len(own)) for nth, file in enumerate(own)}
    items.sort(key=lambda item: place[item.path])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close the network for unit tests, fixtures included; pytest-socket opens it again after each."""
    if UNIT_TESTS in item.path.parents:
        pytest_socket.disable_socket(allow_unix_socket=True)  # asyncio wakes its loop through a pair of these


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer() -> Iterator[None]:
    """What somebody has exported for a `make run` of their own must not decide a test, nor what they have told `make test`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*CONTRACT_NAMES, "MAKEFLAGS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of the session's own. It survives a crash of its own, not a power cut, and is quick for it."""
    bin_dir = os.environ.get(PG_BIN)
    with tempfile.TemporaryDirectory(prefix="usher-test-") as folder:
        server = EmbeddedPostgres(Path(folder), durable=False, bin_dir=Path(bin_dir) if bin_dir else None)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """A Redis of the session's own."""
    with tempfile.TemporaryDirectory(prefix="usher-test-") as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def _migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a database at the newest migration, which nobody is connected to."""
    from ledger.migrations import upgrade  # noqa: PLC0415  # so that tests without a ledger need none

    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    upgrade(postgres.database_url(TEMPLATE))
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        # A connection that the migration left open would bar every CREATE DATABASE below.
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(TEMPLATE)))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [TEMPLATE])
    return TEMPLATE


@pytest.fixture(scope="session")
def _kept_database(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[KeptDatabase]:
    database = KeptDatabase(postgres, _migrated_template)
    yield database
    database.drop()


@pytest.fixture
def database_url(_kept_database: KeptDatabase) -> str:
    """The URL of a migrated database without a row, which nobody else is connected to."""
    return _kept_database.emptied()


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    """As `database_url`, but one for the module: for a process that is started once for all of its tests."""
    with made_from(postgres, _migrated_template) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The URL of the session's Redis, emptied."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
