import http.client
import json
import re
import socket
from collections.abc import Iterator

import psutil
import psycopg
import pytest
import requests

from tests.integration.embedded.watching import is_alive
from tests.integration.webapp.web_process import WebProcess, running
from tests.waiting import eventually

URL = "/api/v1/signups"
GRANTED_S = 10  # what most platforms grant between SIGTERM and SIGKILL


@pytest.fixture(scope="module")
def web(module_database_url: str) -> Iterator[WebProcess]:
    """One process for all tests that leave it alive."""
    with running(module_database_url) as process:
        yield process


@pytest.fixture
def mortal_web(database_url: str) -> Iterator[WebProcess]:
    """A process of the test's own, to be ended by it."""
    with running(database_url) as process:
        yield process


def chunked(web: WebProcess, chunks: Iterator[bytes]) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    connection.request("POST", URL, body=chunks, headers=headers, encode_chunked=True)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def children_of(web: WebProcess) -> list[psutil.Process]:
    """The children that live."""
    if web.process.poll() is not None:
        return []
    return [child for child in psutil.Process(web.process.pid).children() if is_alive(child)]


def stored(url: str) -> object:
    with psycopg.connect(url) as ledger:
        return ledger.execute("SELECT count(*) FROM signups").fetchone()


def test_a_chunked_body_is_taken(web: WebProcess, module_database_url: str) -> None:
    before = stored(module_database_url)
    assert chunked(web, iter([b'{"email":', b'"ada@example.org"}']))[0] == 202
    assert stored(module_database_url) != before


def test_a_chunked_body_past_16_kib_is_413_though_it_never_said_its_length(
    web: WebProcess, module_database_url: str
) -> None:
    before = stored(module_database_url)
    status, problem = chunked(web, iter([b'{"email":"ada@example.org","name":"', *[b"x" * 1024] * 17, b'"}']))
    assert (status, problem["status"]) == (413, 413)
    assert stored(module_database_url) == before


def test_a_chunked_body_of_exactly_16_kib_is_read_to_its_end(web: WebProcess) -> None:
    body = b'{"email":"ada@example.org","name":"' + b"x" * (16 * 1024 - 37) + b'"}'
    assert len(body) == 16 * 1024
    status, problem = chunked(web, iter([body[:10_000], body[10_000:]]))
    assert (status, problem["errors"]) == (
        422,
        [{"pointer": "#/name", "detail": "This is too long for a name here: at most 200 characters."}],
    )


def test_a_chunked_form_past_16_kib_is_413_too(web: WebProcess) -> None:
    answer = requests.post(web.url + "/signups", data=iter([b"email=", b"x" * 17_000]), timeout=10)
    assert answer.status_code == 413


def test_chunks_that_are_none_are_400(web: WebProcess) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(f"{head}not a length\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_says_it_is_too_long_is_413_before_it_is_sent(web: WebProcess) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16385\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/nothing", "/livez", "/readyz"])
def test_the_strict_headers_reach_the_wire_and_no_version_does(web: WebProcess, path: str) -> None:
    answer = requests.get(web.url + path, timeout=10)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"\d", answer.headers.get("Server", ""))
    assert "X-Powered-By" not in answer.headers


def test_the_log_has_no_address_no_name_and_no_status_address(mortal_web: WebProcess) -> None:
    taken = requests.post(mortal_web.url + URL, json={"email": "ada@example.org", "name": "Lovelace"}, timeout=10)
    assert taken.status_code == 202
    for body in (b'{"email": "ada@example.org', b'{"email": "ada@example.org", "name": "<Lovelace>"}'):
        refused = requests.post(
            mortal_web.url + URL, data=body, headers={"Content-Type": "application/json"}, timeout=10
        )
        assert refused.status_code in (400, 422)
    for path in (taken.headers["Location"], taken.json()["links"]["page"]):
        assert requests.get(mortal_web.url + path, timeout=10).status_code == 200
    mortal_web.process.terminate()
    assert mortal_web.process.wait(15) == 0
    mortal_web.reader.join(10)
    log = "".join(mortal_web.log)
    assert "Shutting down" in log
    for secret in ("ada@", "example.org", "Lovelace", taken.json()["id"], mortal_web.ops_password):
        assert secret not in log


def test_sigterm_ends_it_in_good_order_with_a_request_still_under_way(mortal_web: WebProcess) -> None:
    body = b'{"email": "ada@example.org"}'
    with socket.create_connection(("127.0.0.1", mortal_web.port), timeout=10) as connection:
        head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")  # a thread has it in its hands
        mortal_web.process.terminate()
        mortal_web.wait_for_line("Stopping worker-1")
        connection.sendall(body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 202 ")
    assert mortal_web.process.wait(15) == 0


def test_sigterm_does_not_wait_for_ever_for_a_body_that_never_comes(mortal_web: WebProcess) -> None:
    with socket.create_connection(("127.0.0.1", mortal_web.port), timeout=10) as connection:
        head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        children = children_of(mortal_web)
        mortal_web.process.terminate()
        assert mortal_web.process.wait(GRANTED_S) == 0
    assert [is_alive(child) for child in children] == [False]


def test_the_children_of_a_parent_that_was_killed_finish_and_follow_it(database_url: str) -> None:
    body = b'{"email": "ada@example.org"}'
    with running(database_url, WEB_CONCURRENCY="2") as web:
        children = eventually(lambda: found if len(found := children_of(web)) == 2 else None)
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
            head = (
                f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            )
            connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
            web.process.kill()
            web.wait_for_line("Stopping worker-")
            connection.sendall(body)
            assert connection.recv(4096).startswith(b"HTTP/1.1 202 ")
        eventually(lambda: not any(is_alive(child) for child in children), within=GRANTED_S)


def test_a_child_that_was_killed_is_replaced(mortal_web: WebProcess) -> None:
    (child,) = children_of(mortal_web)
    child.kill()
    eventually(lambda: child not in children_of(mortal_web) and children_of(mortal_web))
    eventually(mortal_web.answers)

    def status() -> int:
        try:
            return requests.post(mortal_web.url + URL, json={"email": "ada@example.org"}, timeout=10).status_code
        except requests.ConnectionError:  # while the dead one's socket is being closed
            return 0

    assert eventually(status) == 202
    assert mortal_web.process.poll() is None


def test_a_port_that_is_taken_is_one_line_though_children_could_share_it(
    web: WebProcess, module_database_url: str
) -> None:
    with (
        pytest.raises(AssertionError, match="it did not start") as refusal,
        running(module_database_url, PORT=str(web.port)),
    ):
        pass
    (_, line) = str(refusal.value).splitlines()
    assert line == f"usher: PORT: cannot listen on 127.0.0.1:{web.port} (Address already in use)"


def test_a_missing_setting_is_one_line_and_nothing_starts(database_url: str) -> None:
    with pytest.raises(AssertionError) as refusal, running(database_url, SECRET_KEY=""):
        pass
    lines = str(refusal.value).splitlines()
    assert lines[0] == "it did not start:"
    assert [line for line in lines if "SECRET_KEY" in line]
    assert not [line for line in lines if "Traceback" in line]
