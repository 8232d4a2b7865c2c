"""Who is known here is not to be learned: everybody's sign-up looks like that of somebody nobody has ever heard of."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config.front_door import SignupLimits, TrustedProxies
from config.settings import WebSettings
from ledger import erasure
from ledger.connection import Connection
from tests.integration.webapp.trust.crowd import hidden
from webapp.act import Act
from webapp.desk import EXTENSION, Desk
from webapp.front.limiter import Limiter
from webapp.front.signup_limits import put_in
from webapp.keys import derived
from webapp.signup_request import parse

PATIENT_S = 30.0
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|\d+\.\d{2,}")
STANDINGS = ("known", "left", "unwanted", "erased", "being erased", "awaiting", "braked", "left and braked")


@pytest.fixture(params=[False, True], ids=["at once", "double opt-in"])
def settings(settings: WebSettings, request: pytest.FixtureRequest) -> WebSettings:
    changed = {
        "double_opt_in": request.param,
        "trusted_proxies": TrustedProxies(hops=1),
        "signup_limits": SignupLimits(),
    }
    return settings.model_copy(update=changed)


@pytest.fixture(autouse=True)
def _patient_limits(app: Flask, settings: WebSettings) -> None:
    """They are kept however busy the machine is."""
    assert settings.signup_limits is not None
    desk = app.extensions[EXTENSION]
    limiter = Limiter(settings.signup_limits, derived(settings, "limits"), desk.session, answer_s=PATIENT_S)
    put_in(app.extensions, limiter)


@pytest.fixture
def in_standing(app: Flask, client: FlaskClient, ledger: Connection) -> Callable[[str], str]:
    """Brings somebody into such a standing, and returns their address."""
    desk: Desk = app.extensions[EXTENSION]

    def bring(standing: str) -> str:
        address = f"{standing.replace(' ', '-')}@example.org"
        if standing == "unknown":
            return address
        signup = desk.take(parse({"email": address, "name": "Ada"}), Act("form"))
        row = ledger.execute("SELECT subscriber_id FROM signups WHERE id = %s", (signup.id,)).fetchone()
        assert row is not None
        (person,) = row
        if standing == "known":
            desk.confirm(signup.id, client=None, shown="words")
        if "left" in standing:
            desk.leave(person)
        if standing == "unwanted":
            desk.prefer(person, locale="en", newsletter=True, email=False, client=None, shown="words")
        if "erased" in standing:
            desk.erase(person)
        if standing == "erased":
            ledger.execute(
                "UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE subscriber_id = %s", (person,)
            )
            assert erasure.complete(ledger) == 1
        if "braked" in standing:
            assert by_api(client, address, 9).status_code == 202
        return address

    return bring


def by_api(client: FlaskClient, address: str, turn: int) -> TestResponse:
    headers = {"X-Forwarded-For": f"192.0.2.{turn}"}
    return client.post("/api/v1/signups", json={"email": address, "name": "Eve"}, headers=headers)


def by_form(client: FlaskClient, address: str, turn: int) -> TestResponse:
    headers = {"X-Forwarded-For": f"192.0.2.{turn}", "Accept": "text/html"}
    sent = hidden(client.get("/").text) | {"email": address, "name": "Eve"}
    again = client.post("/signups", data=sent, headers=headers)  # too quick
    sent |= hidden(again.text)
    return client.post("/signups", data=sent, headers=headers)


def without_ids(text: str) -> str:
    return MOMENT.sub("MOMENT", ID.sub("ID", text))


def seen(answer: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    headers = sorted((name, without_ids(value)) for name, value in answer.headers if name not in {"ETag", "Date"})
    return answer.status_code, without_ids(answer.text), headers


def all_that_can_be_seen(client: FlaskClient, answer: TestResponse) -> list[Any]:
    """The answer, and whatever it leads to."""
    found = ID.search(answer.headers["Location"])
    assert found is not None
    api = f"/api/v1/signups/{found[0]}"
    body = client.get(api)
    jobs = [client.get(f"/api/v1/jobs/{job['id']}") for job in body.json["jobs"]]
    page = client.get(f"/signups/{found[0]}", headers={"Accept": "text/html"})
    return [seen(answer), seen(body), seen(page), *map(seen, jobs), frames(client, f"{api}/events")]


def frames(client: FlaskClient, path: str) -> str:
    """The first frame that a reader of the events gets."""
    with client.get(path, buffered=False) as stream:
        first = next(iter(stream.response))
    assert stream.status_code == 200
    text = first.decode() if isinstance(first, bytes) else first
    assert text.startswith("retry: ")  # a number by chance, so that not all come back at once
    return without_ids(text.partition("\n")[2])


@pytest.mark.parametrize("door", [by_api, by_form], ids=["api", "form"])
@pytest.mark.parametrize("standing", STANDINGS)
def test_what_a_stranger_sees_of_a_sign_up_is_what_they_see_of_an_unknown_address(
    client: FlaskClient, in_standing: Callable[[str], str], door: Callable[..., TestResponse], standing: str
) -> None:
    address = in_standing(standing)
    of_unknown = all_that_can_be_seen(client, door(client, in_standing("unknown"), 1))
    of_them = all_that_can_be_seen(client, door(client, address, 2))
    assert of_them == of_unknown


@pytest.mark.parametrize("standing", STANDINGS)
def test_the_work_it_leads_to_is_the_same_in_public_and_what_is_not_is_hidden(
    client: FlaskClient, ledger: Connection, in_standing: Callable[[str], str], standing: str
) -> None:
    answer = by_api(client, in_standing(standing), 3).json
    rows = ledger.execute("SELECT id::text FROM jobs WHERE signup_id = %s AND NOT hidden", (answer["id"],)).fetchall()
    assert {job for (job,) in rows} == {job["id"] for job in answer["jobs"]}
