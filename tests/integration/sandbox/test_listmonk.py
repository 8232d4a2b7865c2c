"""Every answer of listmonk's, as PROVIDERS gives them, and the effects behind them."""

from typing import Any

import pytest
import requests

from tests.sandbox_process import SandboxProcess

ADA = {
    "email": "Ada@Example.org",
    "name": "Ada",
    "status": "enabled",
    "lists": [1, 99],
    "preconfirm_subscriptions": True,
}
SUBSCRIBERS = "/api/subscribers"


def create(listmonk: requests.Session, **fields: object) -> dict[str, Any]:
    answer = listmonk.post(SUBSCRIBERS, json={**ADA, **fields})
    assert answer.status_code == 200
    return answer.json()["data"]


def look_up(listmonk: requests.Session, address: str) -> dict[str, Any]:
    query = {"query": f"subscribers.email='{address.replace(chr(39), chr(39) * 2)}'", "per_page": 1}
    answer = listmonk.get(SUBSCRIBERS, params=query)
    assert answer.status_code == 200
    return answer.json()["data"]


def statuses(record: dict[str, Any]) -> dict[int, str]:
    return {entry["id"]: entry["subscription_status"] for entry in record["lists"]}


def effects(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    return [(entry["effect"], entry["key"]) for entry in sandbox.journal("listmonk")]


def test_it_is_healthy_without_credentials(sandbox: SandboxProcess) -> None:
    answer = requests.get(f"{sandbox.http_url}/health", timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"data": True})


@pytest.mark.parametrize(("method", "path"), [("POST", SUBSCRIBERS), ("GET", SUBSCRIBERS), ("GET", "/api/nowhere")])
def test_nobody_is_let_in_without_credentials(sandbox: SandboxProcess, method: str, path: str) -> None:
    answer = requests.request(method, sandbox.http_url + path, json=ADA, timeout=5)
    assert (answer.status_code, answer.json()) == (403, {"message": "invalid API credentials"})
    assert sandbox.journal("listmonk") == []


def test_basic_credentials_do_as_well(sandbox: SandboxProcess) -> None:
    answer = requests.post(sandbox.http_url + SUBSCRIBERS, json=ADA, auth=("usher", "secret"), timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nowhere"), ("GET", "/api"), ("PATCH", SUBSCRIBERS)])
def test_an_unknown_endpoint_says_so(listmonk: requests.Session, method: str, path: str) -> None:
    answer = listmonk.request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"message": "404 unknown endpoint"})


def test_a_new_subscriber_is_a_200_in_lower_case_on_the_lists_that_exist(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    record = create(listmonk, attribs={"city": "London"})
    assert (record["email"], record["name"], record["status"]) == ("ada@example.org", "Ada", "enabled")
    assert (statuses(record), record["attribs"]) == ({1: "confirmed"}, {"city": "London"})
    assert record.keys() >= {"id", "uuid", "created_at", "updated_at"}
    (entry,) = sandbox.journal("listmonk")
    assert (entry["effect"], entry["key"], entry["id"]) == ("subscriber.created", "ada@example.org", record["id"])
    assert (entry["name"], entry["status"]) == ("Ada", "enabled")
    assert entry["lists"] == [{"id": 1, "status": "confirmed"}]


def test_without_preconfirmation_a_membership_is_unconfirmed(listmonk: requests.Session) -> None:
    assert statuses(create(listmonk, preconfirm_subscriptions=False)) == {1: "unconfirmed"}


def test_a_known_address_is_a_409_that_changes_nothing(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    create(listmonk)
    answer = listmonk.post(SUBSCRIBERS, json={**ADA, "email": "ADA@example.org", "lists": [2]})
    assert (answer.status_code, answer.json()) == (409, {"message": "E-mail already exists."})
    assert statuses(look_up(listmonk, "ada@example.org")["results"][0]) == {1: "confirmed"}
    assert effects(sandbox) == [("subscriber.created", "ada@example.org")]


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("nobody", "Invalid email."),
        ("", "Invalid email."),
        ("a b@example.org", "Invalid email."),
        ("a@b@example.org", "Invalid email."),
        ("a@BLOCKED.example", "The e-mail domain is blocklisted."),
    ],
)
def test_a_bad_address_is_a_400_with_the_reason(
    sandbox: SandboxProcess, listmonk: requests.Session, email: str, message: str
) -> None:
    answer = listmonk.post(SUBSCRIBERS, json={**ADA, "email": email})
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert sandbox.journal("listmonk") == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"email": 5}', b'{"email": "a@b.c", "lists": ["1"]}'])
def test_a_body_of_the_wrong_shape_is_a_400(listmonk: requests.Session, body: bytes) -> None:
    answer = listmonk.post(SUBSCRIBERS, data=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_an_address_with_a_quote_in_it_is_found(listmonk: requests.Session) -> None:
    created = create(listmonk, email="o'hara@example.org")
    found = look_up(listmonk, "o'hara@example.org")
    assert (found["total"], found["per_page"], found["results"][0]["id"]) == (1, 1, created["id"])


def test_an_address_nobody_has_is_not_found(listmonk: requests.Session) -> None:
    found = look_up(listmonk, "nobody@example.org")
    assert (found["total"], found["results"]) == (0, [])


@pytest.mark.parametrize("query", ["subscribers.email='o'hara@example.org'", "1=1", ""])
def test_any_other_query_is_a_400(listmonk: requests.Session, query: str) -> None:
    assert listmonk.get(SUBSCRIBERS, params={"query": query}).status_code == 400


def test_many_ids_are_put_on_a_list_in_one_call_and_each_is_an_effect(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    ids = [create(listmonk, email=f"{name}@example.org", lists=[])["id"] for name in "abc"]
    body = {"ids": ids, "action": "add", "target_list_ids": [1], "status": "confirmed"}
    answer = listmonk.put(f"{SUBSCRIBERS}/lists", json=body)
    assert (answer.status_code, answer.json()) == (200, {"data": True})
    assert effects(sandbox)[3:] == [("lists.added", f"{name}@example.org") for name in "abc"]
    assert statuses(look_up(listmonk, "b@example.org")["results"][0]) == {1: "confirmed"}


def test_who_left_can_be_put_back_and_removed(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    record = create(listmonk)
    for action, status, expected in [
        ("unsubscribe", "", {1: "unsubscribed"}),
        ("add", "confirmed", {1: "confirmed"}),
        ("remove", "", {}),
    ]:
        body = {"ids": [record["id"]], "action": action, "target_list_ids": [1], "status": status}
        assert listmonk.put(f"{SUBSCRIBERS}/lists", json=body).status_code == 200
        assert statuses(look_up(listmonk, "ada@example.org")["results"][0]) == expected
    assert [effect for effect, _ in effects(sandbox)] == [
        "subscriber.created",
        "lists.unsubscribed",
        "lists.added",
        "lists.removed",
    ]


@pytest.mark.parametrize("change", [{"ids": []}, {"target_list_ids": []}, {"action": "juggle"}, {"ids": "all"}])
def test_a_list_call_that_makes_no_sense_is_a_400(listmonk: requests.Session, change: dict[str, object]) -> None:
    body = {"ids": [1], "action": "add", "target_list_ids": [1], **change}
    assert listmonk.put(f"{SUBSCRIBERS}/lists", json=body).status_code == 400


def test_one_unknown_id_fails_a_whole_bulk_call(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    record = create(listmonk, lists=[])
    body = {"ids": [record["id"], 10**6], "action": "add", "target_list_ids": [1]}
    answer = listmonk.put(f"{SUBSCRIBERS}/lists", json=body)
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("Error updating subscribers: pq: ")
    assert len(sandbox.journal("listmonk")) == 1


def test_a_whole_record_is_replaced(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    record = create(listmonk)
    changed = {**ADA, "email": "Countess@example.org", "name": "Ada King", "lists": [1, 2]}
    answer = listmonk.put(f"{SUBSCRIBERS}/{record['id']}", json=changed)
    assert (answer.status_code, answer.json()["data"]["email"]) == (200, "countess@example.org")
    assert look_up(listmonk, "ada@example.org")["total"] == 0
    assert effects(sandbox)[1:] == [("subscriber.updated", "countess@example.org")]


def test_a_record_that_is_not_there_cannot_be_replaced(listmonk: requests.Session) -> None:
    answer = listmonk.put(f"{SUBSCRIBERS}/999999", json=ADA)
    assert answer.status_code == 400
    assert "not found" in answer.json()["message"]


def test_blocking_shows_in_the_look_up_and_is_an_effect(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    record = create(listmonk)
    answer = listmonk.put(f"{SUBSCRIBERS}/{record['id']}/blocklist")
    assert (answer.status_code, answer.json()) == (200, {"data": True})
    assert look_up(listmonk, "ada@example.org")["results"][0]["status"] == "blocklisted"
    assert effects(sandbox)[1:] == [("subscriber.blocklisted", "ada@example.org")]


def test_an_erased_subscriber_is_gone_and_can_sign_up_anew(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    record = create(listmonk)
    answer = listmonk.delete(f"{SUBSCRIBERS}/{record['id']}")
    assert (answer.status_code, answer.json()) == (200, {"data": True})
    assert look_up(listmonk, "ada@example.org")["total"] == 0
    assert create(listmonk)["id"] != record["id"]
    assert [effect for effect, _ in effects(sandbox)] == [
        "subscriber.created",
        "subscriber.deleted",
        "subscriber.created",
    ]
