"""A fresh ledger, an application on it, and an operator who is signed in."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from config.settings import WebSettings
from ledger.connection import Connection, session
from tests.integration.ledger.owed_jobs import enrol
from webapp.app import create_app
from webapp.desk import EXTENSION

Open = Callable[[], Connection]
PASSWORD = "open sesame, but longer"


@pytest.fixture
def another(database_url: str) -> Iterator[Open]:
    """Opens one more session on the same ledger each time; all are closed afterwards."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(session(database_url, name="test"))


@pytest.fixture
def ledger(another: Open) -> Connection:
    return another()


@pytest.fixture
def executor(ledger: Connection) -> UUID:
    return enrol(ledger)


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    secret = "a key for one test and no longer"
    app = create_app(WebSettings(database_url=database_url, secret_key=secret, ops_user="ada", ops_password=PASSWORD))
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A client that has not signed in."""
    return app.test_client()


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """A client that has, as ada."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Basic " + b64encode(f"ada:{PASSWORD}".encode()).decode()
    return client


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """Runs `flask jobs ...`."""
    return lambda *words: app.test_cli_runner().invoke(args=["jobs", *(str(word) for word in words)])
