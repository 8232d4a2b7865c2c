"""Calls to providers: connections are kept, nothing of the environment leaks in, and nothing outlasts the deadline."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.rude_server import RudeServer, Talk, http_answer, lines_and_bodies
from workers.http import NoAnswerError, NotSentError, Session, _Dialled

OK = b'{"data": true}'
Rude = Callable[[Talk], RudeServer]


@pytest.fixture
def rude() -> Iterator[Rude]:
    with ExitStack() as started:
        yield lambda talk: started.enter_context(RudeServer(talk))


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session(headers={"Authorization": "token a:b"})
    yield made
    made.close()


def url(server: RudeServer, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.port}/api/things"


def hearing(heard: list[bytes], answer: bytes) -> Talk:
    """Keeps what arrives, a packet at a time, and gives the same answer to each."""

    def talk(caller: socket.socket) -> None:
        while packet := caller.recv(65_536):
            heard.append(packet)
            caller.sendall(answer)

    return talk


def answer(status: str = "200 OK", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(OK)}\r\n{headers}\r\n".encode()
        + OK
    )


def test_head_and_body_go_out_together() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # one that keeps what was sent apart
    with ours, theirs:
        connection = _Dialled("provider.example", 80)
        connection.sock = ours
        connection.request("POST", "/api/things", body=b"{}", headers={"Content-Length": "2"})
        assert theirs.recv(65_536).endswith(b"\r\n\r\n{}")


def test_a_call_says_what_it_is_and_carries_its_body(rude: Rude, session: Session) -> None:
    heard: list[bytes] = []
    response = session.call("POST", url(rude(hearing(heard, answer()))), total=5, json={"name": "Ann"})
    assert (response.status_code, response.json()) == (200, {"data": True})
    head, _, body = b"".join(heard).partition(b"\r\n\r\n")
    request_line, *headers = head.decode().split("\r\n")
    assert (request_line, body) == ("POST /api/things HTTP/1.1", b'{"name": "Ann"}')
    assert {"Authorization: token a:b", "Content-Type: application/json", "User-Agent: usher"} <= set(headers)
    assert f"Content-Length: {len(body)}" in headers


def test_a_query_and_headers_of_ones_own_are_sent_as_requests_does(rude: Rude, session: Session) -> None:
    heard: list[bytes] = []
    where = url(rude(hearing(heard, answer())))
    session.call("GET", where, total=5, params={"query": "email='a b'"})
    session.call("PUT", where, total=5, data={"a": "1"}, headers={"X-Key": "k"})
    assert heard[0].startswith(b"GET /api/things?query=email%3D%27a+b%27 HTTP/1.1\r\n")
    assert b"token a:b" in heard[0]
    assert b"X-Key: k\r\n" in heard[1]
    assert heard[1].endswith(b"\r\n\r\na=1")


def test_calls_one_after_another_share_a_connection(rude: Rude, session: Session) -> None:
    server = rude(http_answer(OK))
    for n in range(10):
        session.call("POST", f"{url(server)}/{n}", total=5, json={})
    assert server.calls == 1


def test_calls_at_once_have_a_connection_each_and_all_of_them_are_kept(rude: Rude, session: Session) -> None:
    together = 60
    meet = threading.Barrier(together)

    def talk(caller: socket.socket) -> None:
        for line in lines_and_bodies(caller):
            if line == b"\r\n":
                meet.wait(10)  # nobody is answered before everybody has asked
                caller.sendall(answer())

    server = rude(talk)
    for _ in range(3):
        calls = [
            threading.Thread(target=session.call, args=("GET", url(server)), kwargs={"total": 10})
            for _ in range(together)
        ]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
    assert server.calls == together


def test_a_redirection_is_an_answer_and_is_not_followed(rude: Rude, session: Session) -> None:
    elsewhere = rude(http_answer(OK))
    server = rude(http_answer(OK, "302 Found", headers=f"Location: {url(elsewhere)}\r\n"))
    assert session.call("GET", url(server), total=5).status_code == 302
    assert (server.calls, elsewhere.calls) == (1, 0)


def test_a_cookie_is_not_brought_back(rude: Rude, session: Session) -> None:
    heard: list[bytes] = []
    server = rude(hearing(heard, answer(headers="Set-Cookie: who=1; Path=/\r\n")))
    for _ in range(2):
        session.call("GET", url(server), total=5)
    assert [b"cookie" in packet.lower() for packet in heard] == [False, False]


def test_proxies_and_passwords_of_the_environment_are_not_used(
    rude: Rude, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    heard: list[bytes] = []
    server = rude(hearing(heard, answer()))
    for arguments in ({}, {"params": {"a": "1"}}):
        assert session.call("GET", url(server), total=5, **arguments).status_code == 200
    assert [b"Authorization: token a:b\r\n" in packet for packet in heard] == [True, True]


def test_a_body_that_drips_is_cut_off_when_the_time_is_up(rude: Rude, session: Session) -> None:
    def drip(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        pause = threading.Event()
        while not pause.wait(0.05):
            caller.sendall(b".")

    began = time.monotonic()
    with pytest.raises(NoAnswerError, match=r"^timeout$"):
        session.call("GET", url(rude(drip)), total=0.5)
    assert time.monotonic() - began < 4


def test_an_answer_that_is_cut_short_is_none(rude: Rude, session: Session) -> None:
    with pytest.raises(NoAnswerError, match=r"^connection_lost$"):
        session.call("GET", url(rude(http_answer(OK, cut=4))), total=5)


def test_a_silent_name_server_does_not_outlast_the_deadline(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def silent(*_: Any, **__: Any) -> list[Any]:
        answers.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = time.monotonic()
    with pytest.raises(NotSentError, match=r"^connect_timeout$"):
        session.call("GET", "http://silent.example/", total=0.3)
    assert time.monotonic() - began < 4
    answers.set()


@pytest.mark.parametrize("name", ["nobody.invalid", "a" * 70 + ".example"])
def test_a_name_that_nobody_has_is_nothing_sent(session: Session, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSentError, match=r"^connect_refused$"):
        session.call("GET", f"http://{name}/", total=5)


def test_the_next_address_is_tried_where_the_first_refuses(
    rude: Rude, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rude(http_answer(OK))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in (nobody, ("127.0.0.1", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert session.call("GET", url(server, "two.example"), total=5).status_code == 200


def test_nobody_listening_is_nothing_sent(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSentError, match=r"^connect_refused$"):
        session.call("GET", f"http://127.0.0.1:{port}/", total=5)
