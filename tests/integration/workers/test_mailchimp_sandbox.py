"""The sandbox's Mailchimp over HTTP: as PROVIDERS gives it, and no kinder."""

from collections.abc import Iterator

import pytest
import requests

from tests.sandbox_process import SandboxProcess
from workers.providers.mailchimp_people import member_name

LIST = "/3.0/lists/a1b2c3d4e5"
ADA = f"{LIST}/members/{member_name('ada@example.org')}"
PUT = {"email_address": "ada@example.org", "status_if_new": "subscribed"}
PROBLEM = "application/problem+json; charset=utf-8"


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[requests.Session]:
    """Signed in; gives up after five seconds."""

    class Client(requests.Session):
        def request(self, method: str, url: str, **more: object) -> requests.Response:
            return super().request(method, sandbox.http_url + url, **{"timeout": 5, **more})

    sandbox.set_mode("mailchimp", "ok")
    sandbox.clear("mailchimp")
    with Client() as opened:
        opened.auth = ("any", "key")
        yield opened


def members(count: int) -> dict[str, object]:
    return {"members": [{"email_address": f"p{n}@example.org", "status": "subscribed"} for n in range(count)]}


def test_it_answers_a_ping(client: requests.Session) -> None:
    assert client.get("/3.0/ping").json() == {"health_status": "Everything's Chimpy!"}


def test_without_a_key_it_says_so_as_a_problem(client: requests.Session) -> None:
    answer = client.put(ADA, json=PUT, auth=("any", ""))
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)
    assert answer.json()["title"] == "API Key Invalid"


@pytest.mark.parametrize("path", ["/3.0/lists/nowhere", "/3.0/nowhere", ADA])
def test_what_is_not_there_is_a_404_problem(client: requests.Session, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["title"]) == (404, "Resource Not Found")


def test_a_member_is_put_changed_shown_and_erased(client: requests.Session, sandbox: SandboxProcess) -> None:
    put = client.put(ADA, json=PUT)
    assert (put.status_code, put.json()["status"]) == (200, "subscribed")
    assert client.patch(ADA, json={"status": "unsubscribed"}).json()["status"] == "unsubscribed"
    assert client.get(ADA).json()["contact_id"] == put.json()["contact_id"]
    erased = client.post(f"{ADA}/actions/delete-permanent")
    assert (erased.status_code, erased.content) == (204, b"")
    again = client.put(ADA, json=PUT)
    assert (again.status_code, again.json()["title"]) == (400, "Forgotten Email Not Subscribed")
    effects = [entry["effect"] for entry in sandbox.journal("mailchimp")]
    assert effects == ["member.added", "member.unsubscribed", "member.erased"]


def test_a_bulk_call_is_200_even_if_every_row_failed(client: requests.Session) -> None:
    client.post(LIST, json=members(2))
    answer = client.post(LIST, json=members(2))
    assert answer.status_code == 200
    assert (answer.json()["total_created"], answer.json()["error_count"]) == (0, 2)
    assert {row["error_code"] for row in answer.json()["errors"]} == {"ERROR_CONTACT_EXISTS"}


def test_more_than_five_hundred_are_refused_as_a_whole(client: requests.Session, sandbox: SandboxProcess) -> None:
    answer = client.post(LIST, json=members(501))
    assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Resource")
    assert sandbox.journal("mailchimp") == []
    assert client.post(LIST, json=members(500)).json()["total_created"] == 500


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"members": 5}', b'{"members": [5]}', b'{"members": [{}]}'])
def test_a_body_that_cannot_be_read_is_a_problem(client: requests.Session, body: bytes) -> None:
    answer = client.post(LIST, data=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)


def test_too_many_calls_are_refused_without_a_time_and_not_always_in_json(
    client: requests.Session, sandbox: SandboxProcess
) -> None:
    sandbox.set_mode("mailchimp", "rate_limited")
    answers = [client.put(ADA, json=PUT) for _ in range(3)]
    assert sorted(answer.status_code for answer in answers) == [403, 429, 429]
    assert all("Retry-After" not in answer.headers for answer in answers)
    assert sorted(answer.headers["Content-Type"] for answer in answers) == [PROBLEM, "text/html", "text/html"]


def test_the_totals_of_a_long_journal_are_told_without_reading_it(
    client: requests.Session, sandbox: SandboxProcess
) -> None:
    client.post(LIST, json=members(500))
    totals = sandbox.totals("mailchimp")
    assert (totals["count"], totals["repeated"], totals["effects"]) == (500, 0, {"member.added": 500})
    assert totals["first_at"] <= totals["last_at"]
    assert len(sandbox.journal("mailchimp", brief=True)) == 500


def test_listmonk_too_can_be_told_how_many_calls_it_takes_at_once(
    client: requests.Session, sandbox: SandboxProcess
) -> None:
    sandbox.set_mode("listmonk", "ok", connections=3)
    client.get("/health")
    state = sandbox.state("listmonk")
    assert (state["limit"], state["most_at_once"], state["turned_away"]) == (3, 1, 0)
    sandbox.set_mode("listmonk", "ok")
    assert sandbox.state("listmonk")["limit"] is None


@pytest.mark.parametrize(
    ("provider", "field", "value"),
    [("mailchimp", "connections", 0), ("listmonk", "bulk_answer", "html"), ("smtp", "connections", 5)],
)
def test_a_knob_that_is_not_there_or_turned_too_far_is_refused_by_name(
    client: requests.Session, provider: str, field: str, value: object
) -> None:
    answer = client.put(f"/_control/{provider}", json={"mode": "ok", field: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"#/{field}")


def test_the_page_offers_the_knobs_and_takes_them(client: requests.Session, sandbox: SandboxProcess) -> None:
    fields = {"mode": "ok", "connections": "4", "bulk_answer": "doubled"}
    assert client.post("/_page/mailchimp/mode", data=fields, allow_redirects=False).status_code == 303
    state = sandbox.state("mailchimp")
    assert (state["limit"], state["bulk_answer"]) == (4, "doubled")
    text = client.get("/").text
    assert "<option selected>doubled</option>" in text
    assert "4 at once · bulk answers: doubled" in text
