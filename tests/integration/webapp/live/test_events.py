"""The endpoint, in the application and without a server: what is told, to whom, and from where on."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.webapp.live.reader import Event, parsed
from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    DOUBTED,
    DUE_AGAIN,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)
from webapp.desk import Desk

SignUp = Callable[..., dict[str, Any]]


def told(client: FlaskClient, signup_id: object, position: str | None = None) -> list[Event]:
    """The whole stream of a sign-up whose jobs are final."""
    headers = {} if position is None else {"Last-Event-ID": position}
    answer = client.get(f"/api/v1/signups/{signup_id}/events", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    return parsed(answer.text)


def brief(events: list[Event]) -> list[tuple[str, str, str]]:
    return [(one.event, one.id, one.data.get("state", one.data["status"])) for one in events]


def test_every_move_is_told_with_its_position_and_then_the_end(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker
) -> None:
    worker.carry_out(NEWSLETTER, DUE_AGAIN)
    worker.carry_out(WELCOME, DONE)
    worker.carry_out(NEWSLETTER, DONE)
    events = told(client, signup_id)
    assert brief(events) == [
        ("signup", "0.0", "accepted"),
        ("job", "1.0", "running"),
        ("job", "2.0", "retrying"),
        ("job", "2.1", "running"),
        ("job", "2.2", "succeeded"),
        ("job", "3.2", "running"),
        ("job", "4.2", "succeeded"),
        ("end", "4.2", "completed"),
    ]
    assert [one.data["status"] for one in events[1:]] == ["processing"] * 5 + ["completed"] * 2
    assert [one.data["attempt"] for one in events[1:-1]] == [0, 1, 0, 1, 1, 2]


def test_a_job_is_told_in_the_shape_that_the_status_has(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker
) -> None:
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    shown = client.get(f"/api/v1/signups/{signup_id}").json
    events = told(client, signup_id)
    last = {one.data["id"]: one.data for one in events if one.event == "job"}
    assert [last[job["id"]] for job in shown["jobs"]] == [
        {**job, "status": status, "due_in": None}
        for job, status in zip(shown["jobs"], ["processing", "completed"], strict=True)
    ]
    assert events[0].data == {**shown, "status": "accepted", "jobs": events[0].data["jobs"]}
    assert {job["state"] for job in events[0].data["jobs"]} == {"staged"}


def test_from_every_position_exactly_the_rest_is_told(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker
) -> None:
    for move in (DUE_AGAIN, DUE_AGAIN, DONE):
        worker.carry_out(NEWSLETTER, move)
        if move is DUE_AGAIN:
            worker.carry_out(WELCOME, DUE_AGAIN)
    worker.carry_out(WELCOME, DONE)
    everything = told(client, signup_id)
    assert len(everything) == 1 + 12 + 1
    for place, one in enumerate(everything[:-2]):
        assert told(client, signup_id, one.id) == everything[place + 1 :]
        assert (
            parsed(client.get(f"/api/v1/signups/{signup_id}/events?last_event_id={one.id}").text)
            == (everything[place + 1 :])
        )


@pytest.mark.parametrize("position", ["nonsense", "", "7.7", "1.1.1", "-1.0", "1.", "9" * 5_000, "٣.٣"])
def test_what_is_no_position_is_read_from_the_beginning(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker, position: str
) -> None:
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    answer = client.get(f"/api/v1/signups/{signup_id}/events", query_string={"last_event_id": position})
    assert parsed(answer.text) == told(client, signup_id)


def test_who_has_read_to_the_end_is_answered_204_and_need_not_come_back(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker, desk: Desk
) -> None:
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DIED)
    end = told(client, signup_id)[-1]
    assert (end.event, end.data) == ("end", {"status": "attention"})
    answer = client.get(f"/api/v1/signups/{signup_id}/events", headers={"Last-Event-ID": end.id})
    assert (answer.status_code, answer.data) == (204, b"")
    assert desk.live.feed.watching == 0


def test_there_is_no_stream_of_a_sign_up_that_is_not_there(client: FlaskClient, desk: Desk) -> None:
    answer = client.get(f"/api/v1/signups/{uuid4()}/events")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert desk.live.feed.watching == 0


def test_the_headers_keep_it_from_being_stored_or_held_back(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker
) -> None:
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    answer = client.get(f"/api/v1/signups/{signup_id}/events")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in answer.headers
    assert answer.text.startswith("retry: ")


def test_asking_for_the_head_alone_leaves_nobody_watching(client: FlaskClient, signup_id: UUID, desk: Desk) -> None:
    assert client.head(f"/api/v1/signups/{signup_id}/events").status_code == 200
    assert desk.live.feed.watching == 0


@pytest.mark.parametrize(
    ("move", "state"), [(SKIPPED, "succeeded"), (DIED, "dead"), (DOUBTED, "unknown"), (DONE, "succeeded")]
)
def test_nothing_is_told_that_is_for_the_operator(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker, move: Any, state: str
) -> None:
    worker.carry_out(NEWSLETTER, move)
    worker.carry_out(WELCOME, DONE)
    answer = client.get(f"/api/v1/signups/{signup_id}/events")
    assert parsed(answer.text)[2].data["state"] == state
    for secret in (move.code, move.provider_id, DONE.provider_id, "skipped", str(worker.id), "ada@", "error"):
        assert secret is None or secret not in answer.text


def test_a_hidden_job_is_never_told_of_and_is_not_waited_for(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker, ledger: Connection
) -> None:
    ledger.execute("UPDATE jobs SET hidden = true WHERE kind = %s", (WELCOME,))
    worker.carry_out(NEWSLETTER, DONE)
    events = told(client, signup_id)
    assert brief(events) == [
        ("signup", "0", "accepted"),
        ("job", "1", "running"),
        ("job", "2", "succeeded"),
        ("end", "2", "completed"),
    ]
    worker.carry_out(WELCOME, DONE)
    assert told(client, signup_id) == events


def test_while_it_is_retried_it_is_said_in_how_many_seconds(
    client: FlaskClient, app: Flask, signup_id: UUID, worker: StandInWorker
) -> None:
    worker.carry_out(NEWSLETTER, RETRIED)
    answer = client.get(f"/api/v1/signups/{signup_id}/events", buffered=False)
    events = parsed(next(iter(answer.response)).decode())
    assert [one.data["state"] for one in events[1:]] == ["running", "retrying"]
    assert 35 < events[-1].data["due_in"] <= 40
    assert events[1].data["due_in"] is None
    answer.close()
    assert app.extensions["usher"].live.feed.watching == 0


def test_a_replay_of_what_had_died_is_a_move_like_any_other(
    client: FlaskClient, signup_id: UUID, worker: StandInWorker, ledger: Connection
) -> None:
    from ledger.decisions import retry  # noqa: PLC0415  # this test alone decides anything

    (job,) = worker.carry_out(NEWSLETTER, DIED)
    retry(ledger, [job])
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    states = [
        one.data["state"] for one in told(client, signup_id) if one.data.get("id") == str(job) and one.event == "job"
    ]
    assert states == ["running", "dead", "staged", "running", "succeeded"]


def test_a_sign_up_that_owes_nothing_ends_at_once(client: FlaskClient, signup_id: UUID, ledger: Connection) -> None:
    ledger.execute("DELETE FROM jobs")
    events = told(client, signup_id)
    assert brief(events) == [("signup", "0", "completed"), ("end", "0", "completed")]
    again = client.get(f"/api/v1/signups/{signup_id}/events", headers={"Last-Event-ID": "0"})
    assert again.status_code == 204
