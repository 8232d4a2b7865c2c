from collections.abc import Iterator

import psycopg
import pytest

from config.settings import WebSettings
from embedded.postgres import EmbeddedPostgres
from ledger import revision
from tests.databases import made_from
from webapp.app import create_app


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    with made_from(postgres) as url:
        yield url


def test_upgrade_makes_an_empty_database_ready_and_may_be_run_again(empty_database_url: str) -> None:
    settings = WebSettings(
        database_url=empty_database_url,
        secret_key="a key for one test and no longer",
        ops_password="open sesame",
    )
    runner = create_app(settings).test_cli_runner()
    with psycopg.connect(empty_database_url, autocommit=True) as ledger:
        assert not revision.is_current(ledger)
        too_early = runner.invoke(args=["jobs", "list"])
        assert (too_early.exit_code, too_early.stderr.count("\n")) == (1, 1)
        assert "db upgrade" in too_early.stderr
        for _ in range(2):
            result = runner.invoke(args=["db", "upgrade"])
            assert result.exit_code == 0, result.output
            assert "The ledger is up to date." in result.output
        assert revision.is_current(ledger)
