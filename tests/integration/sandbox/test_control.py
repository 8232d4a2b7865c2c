"""The control interface, spoken to over HTTP."""

import pytest
import requests

from tests.sandbox_process import SandboxProcess

FULL = {"mode": "flaky", "error_rate": 0.05, "latency_ms": 50, "retry_after_s": 9, "seed": 1}


def test_a_put_answers_with_the_full_settings_and_replaces_all_of_them(sandbox: SandboxProcess) -> None:
    assert sandbox.set_mode("listmonk", **FULL) == FULL
    expected = {"mode": "down", "error_rate": 0.5, "latency_ms": 0, "retry_after_s": 2, "seed": None}
    assert sandbox.set_mode("listmonk", "down") == expected
    assert sandbox.state("listmonk").items() >= expected.items()


def test_the_providers_are_set_one_by_one_and_shown_together(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "down")
    shown = requests.get(f"{sandbox.http_url}/_control", timeout=5).json()
    assert {name: state["mode"] for name, state in shown.items()} == {
        "listmonk": "ok",
        "smtp": "down",
        "mailchimp": "ok",
    }


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "_control"), ("PUT", "_control"), ("GET", "_journal"), ("DELETE", "_journal")]
)
def test_an_unknown_provider_is_a_404_problem(sandbox: SandboxProcess, method: str, path: str) -> None:
    answer = requests.request(method, f"{sandbox.http_url}/{path}/carrier-pigeon", json={"mode": "ok"}, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert "carrier-pigeon" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "odd"}, "mode"),
        ({}, "mode"),
        ({"mode": "ok", "speed": 1}, "speed"),
        ({"mode": "ok", "seed": "x"}, "seed"),
    ],
)
def test_bad_settings_are_a_422_problem_that_names_the_field(
    sandbox: SandboxProcess, body: dict[str, object], field: str
) -> None:
    answer = requests.put(f"{sandbox.http_url}/_control/smtp", json=body, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
    assert sandbox.state("smtp")["mode"] == "ok"


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"\xff", 400), (b"[]", 422), (b'"ok"', 422)])
def test_a_body_that_is_no_json_object_is_refused(sandbox: SandboxProcess, body: bytes, status: int) -> None:
    assert requests.put(f"{sandbox.http_url}/_control/smtp", data=body, timeout=5).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "_control/smtp"), ("DELETE", "_journal/smtp"), ("POST", "_page/smtp/mode"), ("POST", "_page/mend")],
)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_can_change_nothing_through_the_browser(
    sandbox: SandboxProcess, method: str, path: str, headers: dict[str, str]
) -> None:
    sandbox.set_mode("smtp", "error")
    answer = requests.request(method, f"{sandbox.http_url}/{path}", headers=headers, data='{"mode":"ok"}', timeout=5)
    assert answer.status_code == 403
    assert sandbox.state("smtp")["mode"] == "error"


def test_requests_and_open_connections_are_counted(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    before = sandbox.state("listmonk")
    listmonk.get("/health")
    listmonk.get("/api/nowhere")
    after = sandbox.state("listmonk")
    assert after["requests"] - before["requests"] == 2
    assert after["connections"] - before["connections"] == 1


def test_the_journal_is_given_from_any_point_on_and_cleared(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    for name in "abc":
        listmonk.post("/api/subscribers", json={"email": f"{name}@example.org", "lists": [1]})
    assert [entry["n"] for entry in sandbox.journal("listmonk")] == [1, 2, 3]
    assert [entry["key"] for entry in sandbox.journal("listmonk", after=2)] == ["c@example.org"]
    cleared = requests.delete(f"{sandbox.http_url}/_journal/listmonk", timeout=5)
    assert (cleared.status_code, sandbox.journal("listmonk")) == (204, [])
    assert listmonk.post("/api/subscribers", json={"email": "a@example.org"}).status_code == 200


def test_a_journal_position_that_is_no_number_is_refused(sandbox: SandboxProcess) -> None:
    answer = requests.get(f"{sandbox.http_url}/_journal/smtp", params={"after": "-1"}, timeout=5)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/after")
