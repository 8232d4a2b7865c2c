"""People who leave and are erased, in every mode: what is journalled, and what the page shows of it."""

from collections.abc import Callable

import pytest
import requests

from tests.integration.sandbox.test_listmonk import ADA, SUBSCRIBERS, create
from tests.sandbox_process import SandboxProcess

MEMBERS = "/3.0/lists/a1b2c3d4e5"
MEMBER = f"{MEMBERS}/members/5bfcf2d8e394674550332640d72db509"  # the MD5 of ada@example.org
KEY = ("any", "key")
Call = Callable[[requests.Session, int], requests.Response]


def left(client: requests.Session, number: int) -> requests.Response:
    body = {"ids": [number], "action": "unsubscribe", "target_list_ids": [1]}
    return client.put(f"{SUBSCRIBERS}/lists", json=body, timeout=0.5)


CALLS: list[tuple[str, str, Call]] = [
    ("listmonk", "lists.unsubscribed", left),
    ("listmonk", "subscriber.deleted", lambda client, n: client.delete(f"{SUBSCRIBERS}/{n}", timeout=0.5)),
    ("listmonk", "subscriber.blocklisted", lambda client, n: client.put(f"{SUBSCRIBERS}/{n}/blocklist", timeout=0.5)),
    (
        "mailchimp",
        "member.unsubscribed",
        lambda client, _: client.patch(MEMBER, json={"status": "unsubscribed"}, auth=KEY, timeout=0.5),
    ),
    (
        "mailchimp",
        "member.erased",
        lambda client, _: client.post(f"{MEMBER}/actions/delete-permanent", auth=KEY, timeout=0.5),
    ),
]
OPEN = ["ok", "slow", "drip", "commit_then_drop"]
SHUT = ["down", "refuse", "error", "hang", "rate_limited", "unauthorized"]


def signed_up(listmonk: requests.Session) -> int:
    listmonk.put(MEMBER, json={"email_address": ADA["email"], "status_if_new": "subscribed"}, auth=KEY)
    return int(create(listmonk)["id"])


@pytest.mark.parametrize(("provider", "effect", "call"), CALLS)
@pytest.mark.parametrize("mode", [*OPEN, *SHUT])
def test_going_is_an_effect_in_the_modes_that_do_what_is_asked_and_in_no_other(
    sandbox: SandboxProcess, listmonk: requests.Session, provider: str, effect: str, call: Call, mode: str
) -> None:
    number = signed_up(listmonk)
    sandbox.set_mode(provider, mode, latency_ms=1)
    try:
        answered = call(listmonk, number).ok
    except (requests.ConnectionError, requests.Timeout):
        answered = False
    effects = [(entry["effect"], entry["key"]) for entry in sandbox.journal(provider)[1:]]
    assert effects == ([(effect, "ada@example.org")] if mode in OPEN else [])
    assert answered == (mode in {"ok", "slow"})


def test_the_page_shows_who_left_and_who_was_erased(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    number, other = signed_up(listmonk), int(create(listmonk, email="bob@example.org")["id"])
    left(listmonk, number)
    listmonk.delete(f"{SUBSCRIBERS}/{other}")
    listmonk.post(f"{MEMBER}/actions/delete-permanent", auth=KEY)
    first, _, third = requests.get(f"{sandbox.http_url}/_page/state", timeout=5).json()["providers"]
    assert (first["on_list"], first["left"], first["erased"]) == (0, 1, 1)
    assert (third["on_list"], third["left"], third["erased"]) == (0, 0, 1)
    assert [(line["who"], line["parting"]) for line in first["latest"]][:2] == [
        ("bob@example.org", "erased"),
        ("ada@example.org", "left"),
    ]
    text = requests.get(sandbox.http_url, timeout=5).text
    assert '<dd data-show="left">1</dd>' in text
    assert text.count('data-parting="erased"') == 2
    assert text.count('data-parting="left"') == 1


def test_mailchimps_list_tells_of_itself_and_a_member_can_be_archived_once(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    signed_up(listmonk)
    answer = listmonk.get(f"{MEMBERS}?fields=id", auth=KEY)
    assert (answer.status_code, answer.json()["id"]) == (200, "a1b2c3d4e5")
    assert [listmonk.delete(MEMBER, auth=KEY).status_code for _ in range(2)] == [204, 405]
    assert listmonk.get(MEMBER, auth=KEY).json()["status"] == "archived"
    assert [entry["effect"] for entry in sandbox.journal("mailchimp")] == ["member.added", "member.archived"]
