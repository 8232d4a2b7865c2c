from collections.abc import Callable
from threading import Thread

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.integration.webapp.stand_in_worker import DIED, DONE, NEWSLETTER, WELCOME, StandInWorker
from tests.waiting import eventually

URL = "/api/v1/signups"
ADA = {"email": "ada@example.org"}
Rows = Callable[[], dict[str, int]]


@pytest.fixture
def busy_worker(database_url: str) -> Callable[..., Thread]:
    """Carries everything out as soon as it is owed, from a thread of its own."""

    def start(welcome: object = DONE) -> Thread:
        def work() -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                worker = StandInWorker(connection)
                for kind, move in ((NEWSLETTER, DONE), (WELCOME, welcome)):
                    claimed = eventually(lambda kind=kind: worker.claim(kind))
                    worker.finish(claimed, move)

        thread = Thread(target=work)
        thread.start()
        return thread

    return start


def test_whoever_waits_is_told_the_end(client: FlaskClient, busy_worker: Callable[..., Thread]) -> None:
    working = busy_worker()
    answer = client.post(URL, json=ADA, headers={"Prefer": "wait=10"})
    working.join()
    assert (answer.status_code, answer.json["status"]) == (200, "completed")
    assert answer.headers["Preference-Applied"] == "wait=10"
    assert answer.headers["Location"] == answer.json["links"]["self"]
    assert "Retry-After" not in answer.headers
    assert client.get(answer.headers["Location"]).json == answer.json


def test_a_death_is_an_end_too(client: FlaskClient, busy_worker: Callable[..., Thread]) -> None:
    working = busy_worker(DIED)
    answer = client.post(URL, json=ADA, headers={"Prefer": "respond-async, wait=10"})
    working.join()
    assert (answer.status_code, answer.json["status"]) == (200, "attention")
    assert answer.headers["Preference-Applied"] == "wait=10"


def test_where_it_takes_longer_the_answer_is_202_as_it_stands_then(client: FlaskClient) -> None:
    answer = client.post(URL, json=ADA, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [("respond-async", "respond-async"), ("wait=junk", None), ("wait=0", None), ("return=minimal", None)],
)
def test_without_a_time_to_wait_it_is_answered_at_once(client: FlaskClient, prefer: str, applied: str | None) -> None:
    answer = client.post(URL, json=ADA, headers={"Prefer": prefer})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert answer.headers.get("Preference-Applied") == applied


def test_a_replay_waits_too_and_is_told_how_it_stands_now(
    client: FlaskClient, busy_worker: Callable[..., Thread], rows: Rows
) -> None:
    headers = {"Idempotency-Key": "abc"}
    first = client.post(URL, json=ADA, headers=headers)
    working = busy_worker()
    second = client.post(URL, json=ADA, headers=headers | {"Prefer": "wait=10"})
    working.join()
    assert (second.status_code, second.json["status"], second.json["id"]) == (200, "completed", first.json["id"])
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Preference-Applied"] == "wait=10"
    assert rows()["signups"] == 1
    third = client.post(URL, json=ADA, headers=headers)
    assert (third.status_code, third.data) == (202, first.data)
