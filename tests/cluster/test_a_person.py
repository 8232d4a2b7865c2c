"""One person with Usher, from the form to being forgotten: a real web process, real workers, and what reached the providers."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import requests
from psycopg import sql

from tests.cluster.effects import Providers
from tests.integration.webapp.web_process import WebProcess, running
from tests.waiting import eventually

TIMEOUT_S = 10
PATIENCE_S = 30
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
KEY = "a key for the length of one test"  # the workers' own


@pytest.fixture
def web(database_url: str, double_opt_in: str) -> Iterator[WebProcess]:
    with running(database_url, SECRET_KEY=KEY, DOUBLE_OPT_IN=double_opt_in, SIGNUP_LIMITS="off") as process:
        yield process


class Ann:
    """Somebody at a browser and at a mailbox."""

    def __init__(self, web: WebProcess, providers: Providers) -> None:
        self.address = f"ann.{web.port}@b.example"
        self.web = web
        self.providers = providers

    def signs_up(self) -> dict[str, Any]:
        """The answer of the API."""
        answer = requests.post(f"{self.web.url}/api/v1/signups", json={"email": self.address}, timeout=TIMEOUT_S)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def standing(self, signup: dict[str, Any]) -> dict[str, Any]:
        """The same, as it stands now."""
        found: dict[str, Any] = requests.get(f"{self.web.url}{signup['links']['self']}", timeout=TIMEOUT_S).json()
        return found

    def waits_for(self, signup: dict[str, Any], status: str) -> dict[str, Any]:
        eventually(lambda: self.standing(signup)["status"] == status, within=PATIENCE_S)
        return self.standing(signup)

    def mails(self) -> list[dict[str, Any]]:
        return [mail for mail in self.providers.sandbox.journal("smtp") if self.address in mail["to"]]

    def link(self, purpose: str, *, mail: int) -> str:
        """A link in the mail that came as number `mail`, counted from 1."""
        eventually(lambda: len(self.mails()) >= mail, within=PATIENCE_S)
        found = re.search(rf"http://\S+(/{purpose}/\S+)", self.mails()[mail - 1]["text"])
        assert found is not None
        return f"{self.web.url}{found[1]}"

    def newsletter(self) -> list[str]:
        """What has happened to her at the newsletter's provider."""
        return [one["effect"] for one in self.providers.sandbox.journal("listmonk") if one["key"] == self.address]


def everything(database_url: str) -> str:
    """All that the ledger holds, as text."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(one))) for (one,) in tables
        ]
        return "\n".join(row for found in rows for (row,) in found)


def post(url: str, **fields: str) -> requests.Response:
    return requests.post(url, data=fields, allow_redirects=True, timeout=TIMEOUT_S)


def leaves_with_one_click(ann: Ann, *, mail: int) -> None:
    """As her mail program does it; twice, because programs do."""
    link = ann.link("unsubscribe", mail=mail)
    headers = {name.lower(): value for name, value in ann.mails()[mail - 1]["headers"]}
    assert headers["list-unsubscribe"].strip("<>").endswith(link.removeprefix(ann.web.url))
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    for _ in range(2):
        left = requests.post(link, data=ONE_CLICK, allow_redirects=False, timeout=TIMEOUT_S)
        assert (left.status_code, "Set-Cookie" in left.headers) == (200, False)
    eventually(lambda: ann.newsletter()[1:] == ["lists.unsubscribed"], within=PATIENCE_S)


def is_forgotten(ann: Ann, *, mail: int, database_url: str) -> None:
    """By the provider, and here, down to the last row."""
    link = ann.link("preferences", mail=mail)
    assert ann.address in requests.get(link, timeout=TIMEOUT_S).text
    (person,) = requests.get(f"{link}/export", timeout=TIMEOUT_S).json()["person"]
    assert person["address"] == ann.address
    assert post(f"{link}/erasure").status_code == 200
    eventually(lambda: ann.newsletter()[-1] == "subscriber.deleted", within=PATIENCE_S)
    eventually(lambda: person["id"] not in everything(database_url), within=PATIENCE_S)
    assert ann.address not in everything(database_url)
    assert requests.get(link, timeout=TIMEOUT_S).status_code == 410


@pytest.mark.usefixtures("celery_setup")
@pytest.mark.parametrize("double_opt_in", ["false"])
def test_a_person_signs_up_leaves_comes_back_and_is_forgotten(
    web: WebProcess, providers: Providers, database_url: str
) -> None:
    ann = Ann(web, providers)
    signup = ann.signs_up()
    done = ann.waits_for(signup, "completed")
    assert ann.newsletter() == ["subscriber.created"]
    leaves_with_one_click(ann, mail=1)

    # Somebody types her address again: the answer is everybody's, she is asked, and nothing else happens.
    again = ann.waits_for(ann.signs_up(), "completed")
    assert [(job["kind"], job["state"]) for job in again["jobs"]] == [
        (job["kind"], job["state"]) for job in done["jobs"]
    ]
    link = ann.link("confirmations", mail=2)
    assert ann.newsletter()[2:] == []

    # It was she, and she is back; her welcome she has had.
    assert post(link).status_code == 200
    eventually(lambda: ann.newsletter()[2:] == ["lists.added"], within=PATIENCE_S)
    assert len(ann.mails()) == 2

    is_forgotten(ann, mail=1, database_url=database_url)
    assert requests.get(f"{web.url}{signup['links']['self']}", timeout=TIMEOUT_S).status_code == 404

    # Nobody adds her again by accident.
    ann.waits_for(ann.signs_up(), "completed")
    ann.link("confirmations", mail=3)
    assert ann.newsletter()[-1] == "subscriber.deleted"


@pytest.mark.usefixtures("celery_setup")
@pytest.mark.parametrize("double_opt_in", ["true"])
def test_a_person_who_is_asked_first_confirms_and_nothing_is_done_before(web: WebProcess, providers: Providers) -> None:
    ann = Ann(web, providers)
    signup = ann.signs_up()
    assert (signup["status"], [job["kind"] for job in signup["jobs"]]) == (
        "awaiting_confirmation",
        ["notification.confirm.email"],
    )
    link = ann.link("confirmations", mail=1)
    assert requests.get(link, timeout=TIMEOUT_S).status_code == 200  # a scanner of links, say
    assert (ann.standing(signup)["status"], ann.newsletter()) == ("awaiting_confirmation", [])

    for _ in range(2):
        assert post(link).status_code == 200
    done = ann.waits_for(signup, "completed")
    assert [(job["kind"], job["state"]) for job in done["jobs"]] == [
        ("notification.confirm.email", "succeeded"),
        ("newsletter.subscribe", "succeeded"),
        ("notification.welcome.email", "succeeded"),
    ]
    assert (ann.newsletter(), len(ann.mails())) == (["subscriber.created"], 2)
    leaves_with_one_click(ann, mail=2)


@pytest.mark.usefixtures("celery_setup")
@pytest.mark.parametrize("double_opt_in", ["true"])
def test_whoever_has_any_mail_of_ours_gets_at_what_we_know_even_after_leaving(
    web: WebProcess, providers: Providers, database_url: str
) -> None:
    ann = Ann(web, providers)
    ann.signs_up()
    old = ann.link("unsubscribe", mail=1)  # all she has is the question, which leads to no preferences
    assert "/preferences/" not in ann.mails()[0]["text"]
    assert requests.post(old, data=ONE_CLICK, timeout=TIMEOUT_S).status_code == 200
    told = post(f"{old}/renewal")
    assert (told.status_code, ann.address in told.text) == (200, False)
    link = ann.link("preferences", mail=2)
    assert ann.address in requests.get(link, timeout=TIMEOUT_S).text
    assert post(f"{link}/erasure").status_code == 200
    eventually(lambda: ann.address not in everything(database_url), within=PATIENCE_S)
    assert post(f"{old}/renewal").status_code == 410
    assert len(ann.mails()) == 2
