"""The application on a database of its own, with what tests of the web tier look at it through."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import WebSettings
from ledger.connection import Connection
from tests.integration.webapp.stand_in_worker import StandInWorker
from tests.integration.webapp.web_process import OPS_PASSWORD
from webapp import desk
from webapp.app import create_app
from webapp.desk import EXTENSION

TABLES = ("subscribers", "signups", "facts", "jobs", "job_events", "effects")


@pytest.fixture
def settings(database_url: str) -> WebSettings:
    return WebSettings(
        database_url=database_url,
        secret_key="a key for one test and no longer",
        ops_password=OPS_PASSWORD,
    )


@pytest.fixture
def app(settings: WebSettings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-up has ten times as long as visitors are promised: for crowds, whose threads share this process with their tests."""
    monkeypatch.setattr(desk, "PATIENCE_S", 10 * desk.PATIENCE_S)
    monkeypatch.setattr(desk, "ANSWER_S", 10 * desk.ANSWER_S)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ledger(database_url: str) -> Iterator[Connection]:
    """A session beside the application's own: what it sees has been committed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def worker(ledger: Connection) -> StandInWorker:
    return StandInWorker(ledger)


@pytest.fixture
def rows(ledger: Connection) -> Callable[[], dict[str, int]]:
    """Counts what is stored: `{table: rows}`, without the empty tables."""

    def count() -> dict[str, int]:
        found = {table: _count(ledger, table) for table in TABLES}
        return {table: number for table, number in found.items() if number}

    return count


@pytest.fixture
def signed_up(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Signs somebody up through the API and returns the answer's body."""

    def sign_up(email: str = "ada@example.org", **fields: str) -> dict[str, Any]:
        answer = client.post("/api/v1/signups", json={"email": email, **fields})
        assert answer.status_code == 202
        body: dict[str, Any] = answer.json
        return body

    return sign_up


def _count(ledger: Connection, table: str) -> int:
    row = ledger.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))).fetchone()
    assert row is not None
    number: int = row[0]
    return number
