from collections.abc import Iterator

import psycopg
import pytest
from flask.testing import FlaskCliRunner

from config.settings import WebSettings
from embedded.postgres import EmbeddedPostgres
from ledger import revision
from tests.databases import made_from
from webapp.app import create_app


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    with made_from(postgres) as url:
        yield url


def release(url: str) -> FlaskCliRunner:
    settings = WebSettings(database_url=url, secret_key="a key for one test and no longer", ops_password="open sesame")
    return create_app(settings).test_cli_runner()


def test_upgrade_makes_an_empty_database_ready_and_may_be_run_again(empty_database_url: str) -> None:
    runner = release(empty_database_url)
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


def test_going_back_to_an_older_version_is_no_failure_of_its_release(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
        result = release(database_url).invoke(args=["db", "upgrade"])
        ledger.execute("UPDATE alembic_version SET version_num = %s", (revision.newest(),))
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert "newer than this code" in result.stdout


def test_where_there_is_no_ledger_upgrade_says_so_in_one_line() -> None:
    result = release("postgresql://usher@127.0.0.1:1/usher").invoke(args=["db", "upgrade"])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "DATABASE_URL" in result.stderr
