import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.webapp.stand_in_worker import DONE, NEWSLETTER, WELCOME, StandInWorker
from tests.integration.webapp.web_process import running
from tests.waiting import eventually

URL = "/api/v1/signups"
ADA = {"email": "ada@example.org", "name": "Ada"}
KEY = {"Idempotency-Key": '"0b2f3c52-7c9e-4f0e-9f0b-3d1d1f6f8a11"'}
PROBLEM = "application/problem+json"
CROWD = 50
Rows = Callable[[], dict[str, int]]

FAIL = "RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'"


def test_asked_again_it_is_answered_again_to_the_letter(client: FlaskClient, rows: Rows) -> None:
    first, second = (client.post(URL, json=ADA, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.data == second.data
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Location"] == second.headers["Location"] == first.json["links"]["self"]
    assert second.headers["Retry-After"] == "1"
    assert rows() == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 2}


def test_the_answer_is_that_of_then_whatever_has_happened_since(client: FlaskClient, worker: StandInWorker) -> None:
    first = client.post(URL, json=ADA, headers=KEY)
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    assert client.post(URL, json=ADA, headers=KEY).data == first.data


def test_quoted_or_bare_and_however_the_request_is_spelled_it_is_the_same(client: FlaskClient, rows: Rows) -> None:
    first = client.post(URL, json=ADA, headers={"Idempotency-Key": "abc"})
    spelled = {"name": "Ada ", "email": "ADA@EXAMPLE.ORG", "locale": None}
    second = client.post(URL, json=spelled, headers={"Idempotency-Key": '"abc"'})
    assert second.data == first.data
    assert rows()["signups"] == 1


def test_another_request_under_the_key_is_422_of_a_type_of_its_own(client: FlaskClient, rows: Rows) -> None:
    client.post(URL, json=ADA, headers=KEY)
    answer = client.post(URL, json=ADA | {"name": "Mallory"}, headers=KEY)
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)
    assert answer.json["type"] == "/api/v1/problems/idempotency-key-reused"
    assert client.get(answer.json["type"]).json["title"] == answer.json["title"]
    assert rows()["signups"] == 1


def test_another_key_is_another_sign_up(client: FlaskClient, rows: Rows) -> None:
    first, second = (client.post(URL, json=ADA, headers={"Idempotency-Key": key}) for key in ("one", "two"))
    assert first.json["id"] != second.json["id"]
    assert rows()["signups"] == 2


@pytest.mark.parametrize("key", ["", '"', "a b", '""', "x" * 256])
def test_a_malformed_key_is_400_and_nothing_is_stored(client: FlaskClient, rows: Rows, key: str) -> None:
    answer = client.post(URL, json=ADA, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    assert "Idempotency-Key" in answer.json["detail"]
    assert rows() == {}


def test_a_request_that_was_refused_has_used_up_nothing(client: FlaskClient, rows: Rows) -> None:
    assert client.post(URL, json={"email": "ada"}, headers=KEY).status_code == 422
    assert client.post(URL, data=b"{", content_type="application/json", headers=KEY).status_code == 400
    assert client.post(URL, json=ADA, headers=KEY).status_code == 202
    assert rows()["signups"] == 1


def test_a_commit_that_failed_has_used_up_nothing(client: FlaskClient, ledger: Connection, rows: Rows) -> None:
    ledger.execute(
        f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {FAIL}; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    answer = client.post(URL, json=ADA, headers=KEY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert rows() == {}
    ledger.execute("DROP TRIGGER failing ON jobs")
    again = client.post(URL, json=ADA, headers=KEY)
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (202, False)


def test_what_is_kept_names_nobody(client: FlaskClient, ledger: Connection) -> None:
    body = {"email": "ada.lovelace@example.org", "name": "Ada Lovelace"}
    client.post(URL, json=body, headers={"Idempotency-Key": "order-of-ada.lovelace@example.org"})
    (row,) = ledger.execute("SELECT key, fingerprint, answer FROM idempotency_keys").fetchall()
    assert (len(row[0]), len(row[1])) == (32, 32)
    assert "lovelace" not in (row[0] + row[1]).decode("latin-1").lower() + row[2].lower()


def test_fifty_at_once_with_one_key_are_one_sign_up(app: Flask, rows: Rows) -> None:
    together = Barrier(CROWD)

    def sign_up(_: int) -> tuple[int, str]:
        client = app.test_client()
        together.wait()
        answer = client.post(URL, json=ADA, headers=KEY)
        return answer.status_code, answer.json.get("id") or answer.json["type"] + answer.headers["Retry-After"]

    with ThreadPoolExecutor(CROWD) as threads:
        answers = set(threads.map(sign_up, range(CROWD)))
    ids = {said for status, said in answers if status == 202}
    assert len(ids) == 1
    assert answers - {(202, *ids)} <= {(409, "/api/v1/problems/idempotency-key-in-flight1")}
    assert rows()["signups"] == 1
    assert app.test_client().post(URL, json=ADA, headers=KEY).json["id"] in ids


@pytest.mark.usefixtures("unhurried")
def test_many_keys_at_once_wait_for_nobody_and_none_is_refused(app: Flask, rows: Rows) -> None:
    together = Barrier(CROWD)

    def sign_up(number: int) -> int:
        client = app.test_client()
        together.wait()
        email = f"{number}@example.org"
        return client.post(URL, json={"email": email}, headers={"Idempotency-Key": f"key-{number}"}).status_code

    with ThreadPoolExecutor(CROWD) as threads:
        assert set(threads.map(sign_up, range(CROWD))) == {202}
    assert rows()["signups"] == CROWD


def test_while_the_first_is_held_up_the_second_is_409_at_once_and_other_keys_pass(
    app: Flask, ledger: Connection, database_url: str
) -> None:
    app.test_client().post(URL, json=ADA)
    answers: list[Any] = []

    def sign_up() -> None:
        answers.append(app.test_client().post(URL, json=ADA, headers=KEY))

    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM subscribers FOR UPDATE")
        first = Thread(target=sign_up)
        first.start()
        eventually(lambda: waiting(ledger))
        second = app.test_client().post(URL, json=ADA, headers=KEY)
        other = app.test_client().post(URL, json={"email": "bob@example.org"}, headers={"Idempotency-Key": "another"})
        holder.rollback()
        first.join()
    assert (second.status_code, second.mimetype, second.headers["Retry-After"]) == (409, PROBLEM, "1")
    assert other.status_code == 202
    assert answers[0].status_code == 202
    assert app.test_client().post(URL, json=ADA, headers=KEY).data == answers[0].data


def waiting(ledger: Connection) -> bool:
    """Whether somebody waits for a row in the middle of a sign-up."""
    row = ledger.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ).fetchone()
    return row is not None and row[0] > 0


def test_a_web_process_that_is_killed_in_the_middle_leaves_neither_lock_nor_answer(
    database_url: str, ledger: Connection, rows: Rows
) -> None:
    with running(database_url, WEB_CONCURRENCY="1") as web, psycopg.connect(database_url) as holder:
        requests.post(web.url + URL, json=ADA, timeout=10)
        holder.execute("SELECT FROM subscribers FOR UPDATE")
        children = web_children(web.process.pid)
        broken: list[bool] = []

        def sign_up() -> list[requests.Response]:
            try:
                return [requests.post(web.url + URL, json=ADA, headers=KEY, timeout=10)]
            except requests.ConnectionError:
                broken.append(True)
                return []

        first = Thread(target=sign_up)
        first.start()
        eventually(lambda: waiting(ledger))
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        first.join()
        holder.rollback()
        eventually(lambda: not waiting(ledger))
        eventually(web.answers)
        assert broken == [True]
        # Who comes while the dead one's socket is being closed is turned away by the system, and comes again.
        (again,) = eventually(sign_up)
        assert (again.status_code, "Idempotent-Replayed" in again.headers) == (202, False)
    assert rows()["signups"] == 2


def web_children(pid: int) -> list[int]:
    import psutil  # noqa: PLC0415  # for this test alone

    return [child.pid for child in psutil.Process(pid).children()]
