from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from jobs import registry
from ledger.connection import Connection
from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    DOUBTED,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)

URL = "/api/v1/signups"
Rows = Callable[[], dict[str, int]]
SignUp = Callable[..., dict[str, Any]]


def test_a_sign_up_is_accepted_and_everything_it_owes_is_on_disk(client: FlaskClient, rows: Rows) -> None:
    answer = client.post(URL, json={"email": "Ada@Example.org", "name": " Ada ", "locale": "en-GB"})
    assert answer.status_code == 202
    body = answer.json
    assert answer.headers["Location"] == f"{URL}/{body['id']}"
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert body["status"] == "accepted"
    assert body["links"] == {
        "self": f"{URL}/{body['id']}",
        "events": f"{URL}/{body['id']}/events",
        "page": f"/signups/{body['id']}",
    }
    assert [(job["kind"], job["queue"], job["state"], job["attempt"]) for job in body["jobs"]] == [
        (NEWSLETTER, "newsletter", "staged", 0),
        (WELCOME, "email", "staged", 0),
    ]
    assert rows() == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 2}


def test_what_is_stored_is_the_normal_form(signed_up: SignUp, ledger: Connection) -> None:
    signed_up("Ada@Example.org", name=" e\u0301lodie ", locale="fr")
    stored = ledger.execute("SELECT address, name, locale FROM subscribers").fetchone()
    assert stored == ("ada@example.org", "\u00e9lodie", "fr")


def test_both_jobs_carry_queue_and_policy_of_their_kinds(signed_up: SignUp, ledger: Connection) -> None:
    body = signed_up()
    kinds = registry.load()
    for job in body["jobs"]:
        policy = kinds[job["kind"]].policy
        row = ledger.execute(
            "SELECT kind, queue, state, max_retries, time_limit, resend, payload, once_key IS NOT NULL,"
            " extract(epoch FROM give_up_at - created_at)::float8 FROM jobs WHERE id = %s",
            [job["id"]],
        ).fetchone()
        assert row == (
            job["kind"],
            kinds[job["kind"]].queue,
            "staged",
            policy.max_retries,
            policy.time_limit,
            policy.resend,
            {},
            kinds[job["kind"]].once,
            policy.max_age.total_seconds(),
        )


def test_the_address_of_the_answer_says_the_same_at_once(client: FlaskClient, signed_up: SignUp) -> None:
    body = signed_up()
    answer = client.get(body["links"]["self"])
    assert answer.status_code == 200
    assert answer.json == body
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"


def test_ids_are_random(signed_up: SignUp) -> None:
    body = signed_up()
    assert {UUID(each["id"]).version for each in [body, *body["jobs"]]} == {7}


def test_a_known_address_gets_the_same_answer_and_stays_one_person(
    client: FlaskClient,
    rows: Rows,
    ledger: Connection,
) -> None:
    first, second = (
        client.post(URL, json={"email": email, "name": name})
        for email, name in [("ada@example.org", "Ada"), ("ADA@example.org", "Mallory")]
    )
    assert first.status_code == second.status_code == 202
    assert sorted(first.headers.keys()) == sorted(second.headers.keys())
    assert first.json["status"] == second.json["status"]
    assert anonymous(first.json["jobs"]) == anonymous(second.json["jobs"])
    assert first.json["id"] != second.json["id"]
    assert rows() == {"subscribers": 1, "signups": 2, "facts": 2, "jobs": 4}
    assert ledger.execute("SELECT name FROM subscribers").fetchone() == ("Ada",)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada"},
        {"email": "ada@example.org\r\nBcc: all@example.org"},
        {"email": "ada@example.org", "name": "<script>alert(1)</script>"},
        {"email": "ada@example.org", "name": "Ada\nBcc: all@example.org"},
        {"email": "ada@example.org", "locale": "en_US"},
        {"email": "ada@example.org", "phone": "+15005550006"},
        {"email": "ada@example.org", "unknown": None},
        {"email": ["ada@example.org"]},
        ["ada@example.org"],
    ],
    ids=str,
)
def test_nothing_is_stored_of_what_is_refused(client: FlaskClient, rows: Rows, body: object) -> None:
    answer = client.post(URL, json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["errors"]
    assert rows() == {}


def test_the_status_follows_the_jobs_to_their_end(
    client: FlaskClient, signed_up: SignUp, worker: StandInWorker
) -> None:
    url = signed_up()["links"]["self"]
    claimed = worker.claim(NEWSLETTER)
    assert _seen(client, url) == ("processing", ["running", "staged"], [0, 0])
    worker.finish(claimed, RETRIED)
    assert _seen(client, url) == ("processing", ["retrying", "staged"], [1, 0])
    worker.carry_out(WELCOME, DONE)
    assert _seen(client, url) == ("processing", ["retrying", "succeeded"], [1, 1])


def test_once_everything_is_done_nobody_is_told_to_ask_again(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    url = signed_up()["links"]["self"]
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    assert _seen(client, url) == ("completed", ["succeeded", "succeeded"], [1, 1])
    assert "Retry-After" not in client.get(url).headers


@pytest.mark.parametrize("trouble", [DIED, DOUBTED], ids=lambda move: move.event)
def test_a_job_that_needs_a_person_is_attention(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
    trouble: Any,
) -> None:
    url = signed_up()["links"]["self"]
    worker.carry_out(WELCOME, trouble)
    assert _seen(client, url)[0] == "attention"
    assert client.get(url).headers["Retry-After"] == "1"  # the other job goes on
    worker.carry_out(NEWSLETTER, DONE)
    assert _seen(client, url)[0] == "attention"
    assert "Retry-After" not in client.get(url).headers


def test_a_skipped_job_cannot_be_told_from_one_that_succeeded(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    seen = []
    for email, move in [("new@example.org", DONE), ("left@example.org", SKIPPED)]:
        url = signed_up(email)["links"]["self"]
        worker.carry_out(NEWSLETTER, move)
        worker.carry_out(WELCOME, move)
        answer = client.get(url)
        assert "Retry-After" not in answer.headers
        seen.append([answer.json["status"], *anonymous(answer.json["jobs"])])
    assert seen[0] == seen[1]


def test_no_answer_holds_the_persons_data(client: FlaskClient, signed_up: SignUp, worker: StandInWorker) -> None:
    body = signed_up("ada.lovelace@example.org", name="Ada Lovelace")
    worker.carry_out(NEWSLETTER, DONE)
    page = client.get(body["links"]["page"]).text
    for text in (str(body), client.get(body["links"]["self"]).text, page):
        assert "lovelace" not in text.lower()


def test_an_id_that_nobody_has_is_404(client: FlaskClient) -> None:
    answer = client.get(f"{URL}/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def anonymous(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [job | {"id": None, "run_at": None} for job in jobs]


def _seen(client: FlaskClient, url: str) -> tuple[str, list[str], list[int]]:
    body = client.get(url).json
    return body["status"], [job["state"] for job in body["jobs"]], [job["attempt"] for job in body["jobs"]]
