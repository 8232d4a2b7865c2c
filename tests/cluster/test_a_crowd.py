"""A crowd that signs one address up, with real workers: what reaches the mailbox, and what strangers see of it afterwards."""

import re
from typing import Any

import psycopg
import pytest
import requests

from tests.cluster.effects import Providers
from tests.integration.webapp.trust.crowd import Crowd
from tests.integration.webapp.web_process import WebProcess, running
from tests.waiting import eventually

CROWD = 300
PATIENCE_S = 120
TIMEOUT_S = 10
KEY = "a key for the length of one test"  # the workers' own
UNFINISHED = "SELECT count(*) FROM jobs WHERE finished_at IS NULL"


def done(database_url: str) -> bool:
    with psycopg.connect(database_url) as ledger:
        return ledger.execute(UNFINISHED).fetchone() == (0,)


def mails(providers: Providers, address: str) -> list[dict[str, Any]]:
    return [mail for mail in providers.sandbox.journal("smtp") if address in mail["to"]]


@pytest.mark.usefixtures("celery_setup")
def test_a_crowd_is_one_subscriber_with_one_welcome(database_url: str, providers: Providers) -> None:
    with running(database_url, SECRET_KEY=KEY, SIGNUP_LIMITS="off") as web:
        crowd = Crowd(web)
        crowd.come(CROWD)
        assert crowd.codes() <= {202, 303, 409}, crowd.statuses
        eventually(lambda: done(database_url), within=PATIENCE_S)
    assert len(mails(providers, "victim@example.org")) == 1
    journal = [one for one in providers.sandbox.journal("listmonk") if one["key"] == "victim@example.org"]
    assert [one["effect"] for one in journal] == ["subscriber.created"]


def sign_up(web: WebProcess, address: str) -> str:
    answer = requests.post(
        f"{web.url}/api/v1/signups", json={"email": address, "name": "Strangers-Text"}, timeout=TIMEOUT_S
    )
    assert answer.status_code == 202, answer.text
    return f"{web.url}{answer.json()['links']['self']}"


def seen(web: WebProcess, url: str) -> list[Any]:
    """Everything of a sign-up that is in public, but for ids and moments."""
    body = requests.get(url, timeout=TIMEOUT_S).json()
    jobs = [requests.get(f"{web.url}/api/v1/jobs/{job['id']}", timeout=TIMEOUT_S).json() for job in body["jobs"]]
    stories = [
        (job["kind"], job["state"], job["attempt"], job["error"], [(e["event"], e["attempt"]) for e in job["events"]])
        for job in jobs
    ]
    page = requests.get(f"{web.url}{body['links']['page']}", timeout=TIMEOUT_S).text
    return [body["status"], stories, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[^\"]+", "", page)]


@pytest.mark.usefixtures("celery_setup")
@pytest.mark.parametrize("opt_in", ["false", "true"])
def test_when_the_work_is_done_nobody_can_tell_who_was_known_and_no_mail_holds_what_a_stranger_typed(
    database_url: str, providers: Providers, opt_in: str
) -> None:
    limits = "client=1000/h,recipient=1/h,domain=1000/h"
    with running(database_url, SECRET_KEY=KEY, DOUBLE_OPT_IN=opt_in, SIGNUP_LIMITS=limits) as web:
        for address in ("left@b.example", "known@b.example"):
            sign_up(web, address)
        eventually(lambda: done(database_url), within=PATIENCE_S)
        leave = re.search(r"http://\S+(/unsubscribe/\S+)", mails(providers, "left@b.example")[0]["text"])
        assert leave is not None
        one_click = {"List-Unsubscribe": "One-Click"}
        assert requests.post(f"{web.url}{leave[1]}", data=one_click, timeout=TIMEOUT_S).status_code == 200
        eventually(lambda: done(database_url), within=PATIENCE_S)

        # The known and the left are braked by now, too: their mail of the hour they have had.
        found = {who: sign_up(web, f"{who}@b.example") for who in ("left", "known", "unknown")}
        eventually(lambda: done(database_url), within=PATIENCE_S)
        public = {who: seen(web, url) for who, url in found.items()}
    assert public["left"] == public["unknown"]
    assert public["known"] == public["unknown"]
    assert "Strangers-Text" not in str(providers.sandbox.journal("smtp"))
