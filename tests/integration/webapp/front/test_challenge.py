"""SIGNUP_CHALLENGE=on: no sign-up without a solution, each solution once; off, nobody is asked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.webapp.front.conftest import URL, Open, by_api, by_form
from webapp.front.challenge import Challenges


@pytest.fixture
def app(opened: Open) -> Flask:
    return opened(signup_challenge=True)


def solved(challenge: dict[str, Any]) -> str:
    read = Challenge.from_dict(challenge)
    solution = solve_challenge(read)
    assert solution is not None
    return Payload(read, solution).to_base64()


def fetched(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/challenges")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert isinstance(answer.json, dict)
    return answer.json


def stored(ledger: Connection) -> int:
    row = ledger.execute("SELECT count(*) FROM signups").fetchone()
    assert row is not None
    return int(row[0])


def test_a_solved_challenge_opens_the_api_once(client: FlaskClient, ledger: Connection) -> None:
    solution = solved(fetched(client))
    assert by_api(client, "ada@example.org", altcha=solution).status_code == 202
    again = by_api(client, "bob@example.org", altcha=solution)
    assert again.status_code == 422
    assert again.json is not None
    assert [one["pointer"] for one in again.json["errors"]] == ["#/altcha"]
    assert stored(ledger) == 1


@pytest.mark.parametrize("fields", [{}, {"altcha": ""}, {"altcha": "junk"}, {"altcha": "e30="}])
def test_without_one_the_api_takes_nobody(client: FlaskClient, ledger: Connection, fields: dict[str, str]) -> None:
    answer = by_api(client, "ada@example.org", **fields)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [one["pointer"] for one in answer.json["errors"]] == ["#/altcha"]
    assert answer.json["errors"][0]["detail"]
    assert stored(ledger) == 0


def test_the_form_needs_one_just_as_well(client: FlaskClient, ledger: Connection) -> None:
    refused = by_form(client, "ada@example.org")
    assert refused.status_code == 422
    assert "ada@example.org" in refused.text
    assert by_form(client, "ada@example.org", altcha=solved(fetched(client))).status_code == 303
    assert stored(ledger) == 1


def test_an_old_challenge_does_not_count(app: Flask, challenges: Challenges) -> None:
    old = Challenges(challenges.secret, now=lambda: 1_000_000_000.0)
    answer = by_api(app.test_client(), "ada@example.org", altcha=solved(old.make()))
    assert answer.status_code == 422
    assert "too old" in answer.text


def test_of_many_who_share_a_solution_one_passes(app: Flask, challenges: Challenges, ledger: Connection) -> None:
    solution = solved(challenges.make())

    def come(turn: int) -> int:
        return by_api(app.test_client(), f"ada{turn}@example.org", altcha=solution).status_code

    with ThreadPoolExecutor(16) as threads:
        statuses = sorted(threads.map(come, range(16)))
    assert statuses == [202] + [422] * 15
    assert stored(ledger) == 1


def test_switched_off_there_is_none_and_a_solution_that_is_sent_is_let_be(opened: Open) -> None:
    client = opened().test_client()
    assert client.get("/api/v1/challenges").status_code == 404
    assert by_api(client, "ada@example.org", altcha="whatever").status_code == 202
    assert client.post(URL, json={"email": "bob@example.org"}).status_code == 202
