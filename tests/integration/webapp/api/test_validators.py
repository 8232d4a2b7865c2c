from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.webapp.stand_in_worker import DONE, NEWSLETTER, RETRIED, WELCOME, StandInWorker
from tests.integration.webapp.web_process import OPS_PASSWORD

SignUp = Callable[..., dict[str, Any]]
OPERATOR = ("ops", OPS_PASSWORD)


@pytest.fixture(params=["signup", "job"])
def url(request: pytest.FixtureRequest, signed_up: SignUp) -> str:
    body = signed_up()
    found: str = body["links"]["self"] if request.param == "signup" else f"/api/v1/jobs/{body['jobs'][0]['id']}"
    return found


def test_what_the_caller_has_already_is_not_sent_again(client: FlaskClient, url: str) -> None:
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Retry-After"] == "1"
    assert "Content-Type" not in again.headers
    assert again.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("known", ["W/{}", '"other", {}', "*"])
def test_a_weak_tag_one_of_several_and_any_are_understood(client: FlaskClient, url: str, known: str) -> None:
    tag = client.get(url).headers["ETag"]
    assert tag.startswith('"')
    assert client.get(url, headers={"If-None-Match": known.format(tag)}).status_code == 304


@pytest.mark.parametrize("known", ['"other"', "junk", "", '"', "\xff"])
def test_what_is_not_the_tag_gets_the_body(client: FlaskClient, url: str, known: str) -> None:
    assert client.get(url, headers={"If-None-Match": known}).status_code == 200


def test_a_move_is_a_new_tag_and_the_end_tells_nobody_to_ask_again(
    client: FlaskClient, url: str, worker: StandInWorker
) -> None:
    tags = [client.get(url).headers["ETag"]]
    claimed = worker.claim(NEWSLETTER)
    tags.append(client.get(url).headers["ETag"])
    worker.finish(claimed, DONE)
    worker.carry_out(WELCOME, DONE)
    done = client.get(url, headers={"If-None-Match": tags[-1]})
    assert done.status_code == 200
    tags.append(done.headers["ETag"])
    assert len(set(tags)) == 3
    again = client.get(url, headers={"If-None-Match": tags[-1]})
    assert again.status_code == 304
    assert "Retry-After" not in again.headers


def test_head_says_the_same_without_the_body(client: FlaskClient, url: str) -> None:
    full, head = client.get(url), client.head(url)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Retry-After", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == full.headers[name]
    assert client.head(url, headers={"If-None-Match": full.headers["ETag"]}).status_code == 304


def test_the_operators_view_of_a_job_is_another_one(client: FlaskClient, signed_up: SignUp) -> None:
    url = f"/api/v1/jobs/{signed_up()['jobs'][0]['id']}"
    public, operators = client.get(url), client.get(url, auth=OPERATOR)
    assert public.headers["ETag"] != operators.headers["ETag"]
    assert public.headers["Vary"] == operators.headers["Vary"] == "Authorization"
    assert client.get(url, auth=OPERATOR, headers={"If-None-Match": public.headers["ETag"]}).status_code == 200
    known = client.get(url, auth=OPERATOR, headers={"If-None-Match": operators.headers["ETag"]})
    assert (known.status_code, known.headers["Vary"]) == (304, "Authorization")


def test_whoever_asks_is_told_to_ask_less_while_nothing_moves_and_more_after_a_move(
    client: FlaskClient, url: str, worker: StandInWorker, ledger: Connection
) -> None:
    def age(seconds: int) -> str:
        ledger.execute(
            "UPDATE jobs SET run_at = run_at - %(by)s * interval '1 s', created_at = created_at - %(by)s * interval '1 s'",
            {"by": seconds},
        )
        ledger.execute("UPDATE signups SET created_at = created_at - %s * interval '1 s'", (seconds,))
        return client.get(url).headers["Retry-After"]

    assert [age(0), age(60), age(600), age(7_200)] == ["1", "3", "10", "30"]
    worker.carry_out(NEWSLETTER, RETRIED)
    only_waits = "jobs" in url  # for its next try; of the sign-up another job is still to be done
    assert client.get(url).headers["Retry-After"] == ("10" if only_waits else "1")
