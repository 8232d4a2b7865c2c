"""When the limits cannot be kept, sign-ups go on, and it is known that they do."""

import logging
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.webapp.front.conftest import Open, by_api
from tests.integration.webapp.web_process import OPS_PASSWORD

MAILS = "SELECT count(*) FROM jobs WHERE queue = 'email' AND NOT muted AND NOT hidden"


@pytest.fixture
def app(opened: Open) -> Flask:
    return opened(patient=False)


def open_failures(client: FlaskClient) -> int:
    body = client.get("/api/v1/ops/limits", auth=("ops", OPS_PASSWORD)).json
    assert body is not None
    return int(body["counts"]["open_failures"])


def _lose_the_table(ledger: Connection) -> None:
    ledger.execute("DROP TABLE limits")


def _lock_the_table(ledger: Connection) -> None:
    ledger.execute("BEGIN")
    ledger.execute("LOCK TABLE limits")


@pytest.mark.parametrize("fault", [_lose_the_table, _lock_the_table], ids=["no table", "table locked"])
def test_a_sign_up_goes_on_without_limits_and_is_counted_and_said_once(
    client: FlaskClient, ledger: Connection, caplog: pytest.LogCaptureFixture, fault: Callable[[Connection], None]
) -> None:
    fault(ledger)
    with caplog.at_level(logging.WARNING):
        answers = [by_api(client, "ada.lovelace@example.org") for _ in range(3)]
    assert {one.status_code for one in answers} == {202}
    assert {one.headers["RateLimit-Policy"] for one in answers} == {'"client";q=120;w=3600'}
    assert all("RateLimit" not in one.headers for one in answers)
    assert open_failures(client) == 3
    lines = [record.getMessage() for record in caplog.records if "limits could not be kept" in record.getMessage()]
    assert len(lines) == 1
    assert "lovelace" not in lines[0]


def test_when_the_ledger_answers_again_limits_are_kept_again(client: FlaskClient, ledger: Connection) -> None:
    with psycopg.connect(ledger.info.dsn, password=ledger.info.password, autocommit=False) as other:
        other.execute("LOCK TABLE limits")
        assert "RateLimit" not in by_api(client, "ada@example.org").headers
    answers = [by_api(client, "ada@example.org") for _ in range(2)]
    assert all("RateLimit" in one.headers for one in answers)
    assert open_failures(client) == 1


def test_a_sign_up_that_the_ledger_refused_does_not_cost_the_person_their_mail(
    client: FlaskClient, ledger: Connection
) -> None:
    by_api(client, "ada@example.org", "192.0.2.9")
    ledger.execute("DELETE FROM limits")
    ledger.execute("UPDATE jobs SET muted = true")
    with psycopg.connect(ledger.info.dsn, password=ledger.info.password, autocommit=False) as other:
        other.execute("SELECT FROM subscribers FOR UPDATE")
        assert by_api(client, "ada@example.org").status_code == 503
    assert ledger.execute(MAILS).fetchone() == (0,)
    assert by_api(client, "ada@example.org").status_code == 202
    assert ledger.execute(MAILS).fetchone() == (1,)
    assert by_api(client, "ada@example.org").status_code == 202
    assert ledger.execute(MAILS).fetchone() == (1,)
