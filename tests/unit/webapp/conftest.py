"""An application whose ledger does not exist: whatever is answered here is answered without one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import WebSettings
from webapp.app import create_app


@pytest.fixture
def settings() -> WebSettings:
    return WebSettings(
        database_url="postgresql://nobody@127.0.0.1:1/nowhere",
        secret_key="a key for one test and no longer",
        ops_password="open sesame",
        base_url="",
    )


@pytest.fixture
def app(settings: WebSettings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
