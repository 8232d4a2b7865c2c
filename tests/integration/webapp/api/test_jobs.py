from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    DUE_AGAIN,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)
from tests.integration.webapp.web_process import OPS_PASSWORD

SignUp = Callable[..., dict[str, Any]]
OPERATOR = ("ops", OPS_PASSWORD)
PUBLIC_FIELDS = {"id", "kind", "queue", "state", "attempt", "run_at", "created_at", "finished_at", "error", "events"}


def newsletter_of(body: dict[str, Any]) -> str:
    return f"/api/v1/jobs/{body['jobs'][0]['id']}"


def test_a_job_that_nobody_has_touched(client: FlaskClient, signed_up: SignUp) -> None:
    answer = client.get(newsletter_of(signed_up()))
    assert answer.status_code == 200
    assert set(answer.json) == PUBLIC_FIELDS
    assert answer.json["state"] == "staged"
    assert (answer.json["attempt"], answer.json["error"], answer.json["events"]) == (0, None, [])
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_retrying_job_says_why_and_when(client: FlaskClient, signed_up: SignUp, worker: StandInWorker) -> None:
    url = newsletter_of(signed_up())
    worker.carry_out(NEWSLETTER, RETRIED)
    job = client.get(url).json
    assert (job["state"], job["attempt"], job["error"]) == ("retrying", 1, {"code": "provider_unavailable"})
    assert job["run_at"] > job["created_at"]
    assert [(event["event"], event["attempt"]) for event in job["events"]] == [("claimed", 0), ("retried", 1)]
    assert {frozenset(event) for event in job["events"]} == {frozenset({"at", "event", "attempt"})}


def test_the_public_never_sees_ids_of_providers_workers_and_messages(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    url = newsletter_of(signed_up())
    worker.carry_out(NEWSLETTER, DONE)
    answer = client.get(url)
    assert set(answer.json) == PUBLIC_FIELDS
    assert str(worker.id) not in answer.text
    assert str(worker.last_message) not in answer.text
    assert "provider" not in answer.text
    assert "Retry-After" not in answer.headers


def test_the_operator_sees_who_had_it_and_what_the_provider_called_it(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    url = newsletter_of(signed_up())
    worker.carry_out(NEWSLETTER, DUE_AGAIN)
    worker.carry_out(NEWSLETTER, DONE)
    job = client.get(url, auth=OPERATOR).json
    assert (job["state"], job["claim"], job["crashes"]) == ("succeeded", 2, 0)
    assert job["provider_id"] == "the provider's own name for it"
    assert job["worker"] == str(worker.id)
    assert job["message_id"] == str(worker.last_message)
    assert [(event["event"], event["claim"], event["code"]) for event in job["events"]] == [
        ("claimed", 1, None),
        ("retried", 1, "provider_unavailable"),
        ("claimed", 2, None),
        ("succeeded", 2, None),
    ]


def test_only_the_operator_can_tell_that_a_job_was_skipped(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    url = newsletter_of(signed_up())
    worker.carry_out(NEWSLETTER, SKIPPED)
    public, operators = client.get(url), client.get(url, auth=OPERATOR).json
    assert (public.json["state"], public.json["error"]) == ("succeeded", None)
    assert [event["event"] for event in public.json["events"]] == ["claimed", "succeeded"]
    assert "skip" not in public.text
    assert "unsubscribed" not in public.text
    assert (operators["state"], operators["error"]) == ("skipped", {"code": "unsubscribed"})
    assert operators["events"][-1]["code"] == "unsubscribed"


def test_a_dead_job_gives_its_code_to_whoever_has_its_address(
    client: FlaskClient,
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    body = signed_up()
    worker.carry_out(WELCOME, DIED)
    job = client.get(f"/api/v1/jobs/{body['jobs'][1]['id']}").json
    assert (job["state"], job["error"]) == ("dead", {"code": "address_rejected"})
    assert job["finished_at"] is not None


@pytest.mark.parametrize("auth", [("ops", "wrong"), ("root", OPS_PASSWORD), ("", "")])
def test_a_bad_login_is_401_and_shows_nothing(client: FlaskClient, signed_up: SignUp, auth: tuple[str, str]) -> None:
    answer = client.get(newsletter_of(signed_up()), auth=auth)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "newsletter" not in answer.text


def test_an_id_that_nobody_has_is_404(client: FlaskClient) -> None:
    answer = client.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
