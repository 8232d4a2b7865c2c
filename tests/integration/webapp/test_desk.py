import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from ledger.wakeup import Ear
from webapp.act import Act
from webapp.desk import EXTENSION
from webapp.pages import traps
from webapp.signup_request import SignupRequest

Rows = Callable[[], dict[str, int]]
URL = "/api/v1/signups"
THREADS = 30

# A commit that fails is made by the database itself, after the statement has succeeded.
DISK_FULL = "RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'"
CUT_OFF = "PERFORM pg_terminate_backend(pg_backend_pid())"


@pytest.mark.usefixtures("unhurried")
def test_thirty_at_once_with_one_address_are_one_person_and_thirty_sign_ups(app: Flask, rows: Rows) -> None:
    together = Barrier(THREADS)

    def sign_up(number: int) -> int:
        client = app.test_client()
        together.wait()
        spelling = "ada@example.org" if number % 2 else "ADA@EXAMPLE.ORG"
        return client.post(URL, json={"email": spelling}).status_code

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(sign_up, range(THREADS))) == {202}
    assert rows() == {"subscribers": 1, "signups": THREADS, "facts": THREADS, "jobs": 2 * THREADS}


@pytest.mark.usefixtures("unhurried")
def test_in_a_crowd_a_person_whose_row_is_held_costs_the_others_nothing(
    app: Flask, signed_up: Callable[..., object], database_url: str
) -> None:
    signed_up("held@example.org")
    together = Barrier(THREADS)

    def sign_up(number: int) -> tuple[bool, int]:
        client, is_held = app.test_client(), number % 5 == 0
        together.wait()
        email = "held@example.org" if is_held else f"{number}@example.org"
        return is_held, client.post(URL, json={"email": email}).status_code

    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM subscribers WHERE address = 'held@example.org' FOR UPDATE")
        with ThreadPoolExecutor(THREADS) as threads:
            answers = set(threads.map(sign_up, range(THREADS)))
    assert answers == {(True, 503), (False, 202)}


@pytest.mark.usefixtures("unhurried")
def test_in_a_crowd_one_that_cannot_be_stored_costs_the_others_nothing(app: Flask, rows: Rows) -> None:
    desk = app.extensions[EXTENSION]
    together = Barrier(THREADS)

    def take(number: int) -> bool:
        email = "too long to be stored " * 20 if number % 5 == 0 else f"{number}@example.org"
        together.wait()
        try:
            return (
                desk.take(SignupRequest.model_construct(email=email, name=None, locale=None), Act("api")).id is not None
            )
        except psycopg.IntegrityError:
            return False

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(take, range(THREADS))) == [number % 5 != 0 for number in range(THREADS)]
    assert rows()["signups"] == THREADS * 4 // 5


@pytest.mark.parametrize("fault", [DISK_FULL, CUT_OFF], ids=["the disk is full", "the session is cut"])
def test_a_commit_that_fails_is_503_and_leaves_nothing_behind(
    client: FlaskClient,
    ledger: Connection,
    rows: Rows,
    fault: str,
) -> None:
    ledger.execute(
        f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {fault}; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    answer = client.post(URL, json={"email": "ada@example.org"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "2"
    assert rows() == {}
    ledger.execute("DROP TRIGGER failing ON jobs")
    assert client.post(URL, json={"email": "ada@example.org"}).status_code == 202


def test_the_form_comes_back_with_what_was_typed_when_it_cannot_be_saved(
    client: FlaskClient,
    app: Flask,
    ledger: Connection,
    rows: Rows,
) -> None:
    traps.put_in(app.extensions, traps.Traps(b"for one test", None))  # how fast it comes is not what this is about
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', client.get("/").text))
    ledger.execute("ALTER TABLE signups RENAME TO signups_away")
    assert client.post("/signups", data={"email": "ada@example.org", **hidden}).status_code == 500
    ledger.execute("ALTER TABLE signups_away RENAME TO signups")
    ledger.execute(
        f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {DISK_FULL}; END $$;"
        "CREATE TRIGGER failing BEFORE INSERT ON signups FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    answer = client.post("/signups", data={"email": "ada@example.org", "name": "Ada", **hidden})
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert answer.headers["Retry-After"] == "2"
    assert "We could not save your sign-up just now." in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert rows() == {}


def test_relays_hear_of_a_sign_up(client: FlaskClient, database_url: str) -> None:
    ear = Ear(database_url)
    assert client.post(URL, json={"email": "ada@example.org"}).status_code == 202
    assert ear.wait(10)
    ear.close()


def test_relays_hear_nothing_of_what_is_refused(client: FlaskClient, database_url: str) -> None:
    ear = Ear(database_url)
    assert client.post(URL, json={"email": "ada"}).status_code == 422
    assert client.post(URL, json={"email": "ada@example.org"}).status_code == 202
    assert ear.wait(10)
    assert not ear.wait(0.05)  # one ring for one sign-up
    ear.close()
