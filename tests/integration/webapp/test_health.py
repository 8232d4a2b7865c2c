from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from config.settings import WebSettings
from embedded.postgres import EmbeddedPostgres
from ledger import processes
from ledger.connection import Connection
from ledger.processes import Broker, Role
from tests.databases import made_from
from tests.integration.webapp.web_process import OPS_PASSWORD
from webapp.app import create_app
from webapp.desk import EXTENSION


def enrol(ledger: Connection, role: Role, broker: Broker = "unasked") -> None:
    processes.beat(ledger, uuid4(), role=role, host="here", pid=1, queues=["email"], broker=broker)


def test_liveness_asks_nobody(client: FlaskClient, ledger: Connection) -> None:
    ledger.execute("DROP TABLE processes, alembic_version")
    answer = client.get("/livez")
    assert (answer.status_code, answer.json) == (200, {"alive": True})


def test_ready_without_broker_and_workers_because_sign_ups_are_still_taken(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "ledger": "up", "broker": "unknown", "relays": 0, "executors": 0}


@pytest.mark.parametrize(
    ("relays", "broker"),
    [(["up"], "up"), (["down"], "down"), (["up", "down"], "up"), (["unasked"], "unknown")],
)
def test_readiness_reports_what_relays_and_executors_say_of_themselves(
    client: FlaskClient,
    ledger: Connection,
    relays: list[Broker],
    broker: str,
) -> None:
    for said in relays:
        enrol(ledger, "relay", said)
    enrol(ledger, "executor")
    enrol(ledger, "executor")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "ledger": "up", "broker": broker, "relays": len(relays), "executors": 2}


def test_who_has_been_silent_is_not_counted(client: FlaskClient, ledger: Connection) -> None:
    enrol(ledger, "relay", "up")
    enrol(ledger, "executor")
    ledger.execute("UPDATE processes SET seen_at = now() - interval '6 s'")  # no verb turns the clock back
    assert client.get("/readyz").json == {
        "ready": True,
        "ledger": "up",
        "broker": "unknown",
        "relays": 0,
        "executors": 0,
    }


def test_a_database_that_was_not_migrated_is_not_ready(postgres: EmbeddedPostgres) -> None:
    with made_from(postgres) as url:
        settings = WebSettings(
            database_url=url,
            secret_key="a key for one test and no longer",
            ops_password=OPS_PASSWORD,
        )
        app = create_app(settings)
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert (answer.json["ready"], answer.json["ledger"]) == (False, "not migrated")
        app.extensions[EXTENSION].close()


@pytest.mark.parametrize(("revision", "status"), [("0000", 503), ("9999", 200)])
def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    client: FlaskClient,
    ledger: Connection,
    revision: str,
    status: int,
) -> None:
    ledger.execute("UPDATE alembic_version SET version_num = %s", [revision])
    assert client.get("/readyz").status_code == status
