"""Every way in which listmonk can be broken, seen from its caller."""

import contextlib
import socket
import time
from collections.abc import Callable

import pytest
import requests

from tests.sandbox_process import SandboxProcess

ADA = {"email": "ada@example.org", "lists": [1]}
SUBSCRIBERS = "/api/subscribers"
LOOK_UP = {"query": "subscribers.email='ada@example.org'"}


def post(listmonk: requests.Session) -> requests.Response:
    return listmonk.post(SUBSCRIBERS, json=ADA)


def raw_post(sandbox: SandboxProcess) -> socket.socket:
    """A connection on which one whole request has been sent."""
    body = b'{"email":"ada@example.org","lists":[1]}'
    head = f"POST {SUBSCRIBERS} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: token a:b\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", sandbox.http_port), timeout=5)
    connection.sendall(head.encode() + body)
    return connection


def read_to_the_end(connection: socket.socket) -> bytes:
    said = b""
    while piece := connection.recv(4096):
        said += piece
    return said


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"


def test_down_is_a_503_page_of_a_proxy(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    sandbox.set_mode("listmonk", "down")
    answer = post(listmonk)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert listmonk.get("/health").status_code == 503
    assert sandbox.journal("listmonk") == []


def test_refuse_resets_the_connection_without_a_byte(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "refuse")
    with raw_post(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert sandbox.journal("listmonk") == []


def test_refuse_drops_idle_connections_too(sandbox: SandboxProcess) -> None:
    with raw_post(sandbox) as connection:
        assert connection.recv(1) == b"H"
        sandbox.set_mode("listmonk", "refuse")
        with pytest.raises(ConnectionResetError):
            read_to_the_end(connection)


def test_a_client_may_break_listmonk_over_the_connection_it_calls_it_on(listmonk: requests.Session) -> None:
    assert post(listmonk).status_code == 200
    assert listmonk.put("/_control/listmonk", json={"mode": "refuse"}).json()["mode"] == "refuse"
    with pytest.raises(requests.ConnectionError):
        post(listmonk)


def test_error_is_a_500_in_listmonks_words_and_nothing_happens(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    sandbox.set_mode("listmonk", "error")
    answer = post(listmonk)
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("Error creating subscriber: ")
    assert listmonk.get(SUBSCRIBERS, params=LOOK_UP).status_code == 500
    assert sandbox.journal("listmonk") == []


def outcomes(sandbox: SandboxProcess, listmonk: requests.Session, **settings: object) -> list[int]:
    sandbox.set_mode("listmonk", "flaky", **settings)
    return [listmonk.get(SUBSCRIBERS, params=LOOK_UP).status_code for _ in range(40)]


def test_flaky_fails_sometimes_and_the_same_times_with_the_same_seed(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    first = outcomes(sandbox, listmonk, seed=4)
    assert set(first) == {200, 500}
    assert outcomes(sandbox, listmonk, seed=4) == first
    assert outcomes(sandbox, listmonk, seed=5) != first


def test_flaky_obeys_its_error_rate(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    assert set(outcomes(sandbox, listmonk, error_rate=0)) == {200}
    assert set(outcomes(sandbox, listmonk, error_rate=1)) == {500}


@pytest.mark.parametrize("mode", ["ok", "slow", "down", "error"])
def test_latency_comes_before_every_answer(sandbox: SandboxProcess, listmonk: requests.Session, mode: str) -> None:
    sandbox.set_mode("listmonk", mode, latency_ms=300)
    assert post(listmonk).elapsed.total_seconds() >= 0.3


def test_a_slow_answer_is_the_right_one_and_its_effect_does_not_wait_for_it(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    sandbox.set_mode("listmonk", "slow", latency_ms=600_000)
    with pytest.raises(requests.ReadTimeout):
        listmonk.post(SUBSCRIBERS, json=ADA, timeout=0.3)
    assert len(sandbox.journal("listmonk")) == 1


def test_a_mended_provider_answers_at_once_those_it_kept_waiting(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "slow", latency_ms=600_000)
    before = sandbox.state("listmonk")["requests"]
    with raw_post(sandbox) as connection:
        wait_until(lambda: sandbox.state("listmonk")["requests"] > before)
        sandbox.set_mode("listmonk", "ok")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_drip_sends_the_right_answer_a_byte_a_second_and_the_rest_when_mended(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "drip")
    with raw_post(sandbox) as connection:
        assert connection.recv(4096) == b"H"
        begun = time.monotonic()
        assert connection.recv(4096) == b"T"
        assert time.monotonic() - begun > 0.5
        sandbox.set_mode("listmonk", "ok")
        rest = read_to_the_end(connection)
    head, _, body = rest.partition(b"\r\n\r\n")
    assert head.startswith(b"TP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b'"email":"ada@example.org"' in body


def test_hang_reads_the_request_and_answers_nothing(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    sandbox.set_mode("listmonk", "hang")
    before = sandbox.state("listmonk")["requests"]
    with pytest.raises(requests.ReadTimeout):
        listmonk.post(SUBSCRIBERS, json=ADA, timeout=0.3)
    assert sandbox.state("listmonk")["requests"] == before + 1
    assert sandbox.journal("listmonk") == []


def test_a_hanging_request_is_released_by_closing_it(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "hang")
    before = sandbox.state("listmonk")["requests"]
    with raw_post(sandbox) as connection:
        wait_until(lambda: sandbox.state("listmonk")["requests"] > before)
        sandbox.set_mode("listmonk", "ok")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert sandbox.journal("listmonk") == []


def test_rate_limited_says_when_to_come_back(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    sandbox.set_mode("listmonk", "rate_limited")
    assert post(listmonk).headers["Retry-After"] == "2"
    sandbox.set_mode("listmonk", "rate_limited", retry_after_s=7)
    answer = post(listmonk)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert sandbox.journal("listmonk") == []


def test_unauthorized_is_listmonks_403_but_health_needs_no_credentials(
    sandbox: SandboxProcess, listmonk: requests.Session
) -> None:
    sandbox.set_mode("listmonk", "unauthorized")
    answer = post(listmonk)
    assert (answer.status_code, answer.json()) == (403, {"message": "invalid API credentials"})
    assert listmonk.get("/health").status_code == 200
    assert sandbox.journal("listmonk") == []


def test_commit_then_drop_does_it_and_says_nothing(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "commit_then_drop")
    with raw_post(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert [entry["key"] for entry in sandbox.journal("listmonk")] == ["ada@example.org"]


def test_commit_then_drop_answers_what_has_no_effect(sandbox: SandboxProcess, listmonk: requests.Session) -> None:
    post(listmonk)
    sandbox.set_mode("listmonk", "commit_then_drop")
    assert listmonk.get(SUBSCRIBERS, params=LOOK_UP).json()["data"]["total"] == 1
    assert post(listmonk).status_code == 409
    assert len(sandbox.journal("listmonk")) == 1


def test_breaking_listmonk_leaves_the_control_interface_alone(sandbox: SandboxProcess) -> None:
    for mode in ("down", "refuse", "hang", "drip", "unauthorized"):
        sandbox.set_mode("listmonk", mode)
        assert sandbox.state("listmonk")["mode"] == mode


def test_a_hundred_hanging_callers_stop_nobody_else(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "hang")
    before = sandbox.state("listmonk")
    with contextlib.ExitStack() as callers:
        for _ in range(100):
            callers.enter_context(raw_post(sandbox))
        wait_until(lambda: sandbox.state("listmonk")["requests"] == before["requests"] + 100)
        assert sandbox.state("listmonk")["connections"] == before["connections"] + 100
        assert sandbox.state("smtp")["mode"] == "ok"
    wait_until(lambda: sandbox.state("listmonk")["connections"] == before["connections"])
