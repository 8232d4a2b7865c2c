"""Streams as they are deployed: a real server, real connections, and a live view in a hurry (`hasty/`)."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
import requests

from embedded.postgres import EmbeddedPostgres
from ledger.migrations import upgrade
from tests.integration.webapp.live.reader import Reader
from tests.integration.webapp.stand_in_worker import DONE, NEWSLETTER, WELCOME, StandInWorker, open_worker
from tests.integration.webapp.web_process import ROOT, WebProcess, running
from tests.waiting import eventually

URL = "/api/v1/signups"
HASTY = {"PYTHONPATH": f"{Path(__file__).parent / 'hasty'}{os.pathsep}{ROOT}"}
MOST = 6  # as hasty/ says
GRACE_S = 8  # after which the server cuts what is still open


@pytest.fixture
def web(database_url: str) -> Iterator[WebProcess]:
    with running(database_url, SIGNUP_LIMITS="off", **HASTY) as process:
        yield process


@pytest.fixture
def worker(database_url: str) -> Iterator[StandInWorker]:
    worker = open_worker(database_url)
    yield worker
    worker.connection.close()


def sign_up(web: WebProcess, email: str = "ada@example.org") -> str:
    """The address of its stream."""
    answer = requests.post(web.url + URL, json={"email": email}, timeout=10)
    assert answer.status_code == 202
    return f"{web.url}{URL}/{answer.json()['id']}/events"


def threads_of(web: WebProcess) -> int:
    (child,) = psutil.Process(web.process.pid).children()
    return child.num_threads()


def test_moves_arrive_as_they_happen_between_heartbeats_and_the_end_is_an_end(
    web: WebProcess, worker: StandInWorker
) -> None:
    with Reader(sign_up(web)) as reader:
        assert reader.answer.headers["Content-Type"].startswith("text/event-stream")
        assert reader.next().event == "signup"
        assert 1_000 <= int(reader.retry) <= 4_000
        reader.beats(3)
        worker.carry_out(NEWSLETTER, DONE)
        assert [reader.next().id, reader.next().id] == ["1.0", "2.0"]
        reader.beats(2)
        worker.carry_out(WELCOME, DONE)
        assert [one.event for one in reader.all()] == ["job", "job", "end"]
        assert reader.ended


def test_a_connection_that_broke_is_resumed_where_it_was(web: WebProcess, worker: StandInWorker) -> None:
    address = sign_up(web)
    with Reader(address) as reader:
        reader.next()
        worker.carry_out(NEWSLETTER, DONE)
        seen = reader.next().id
    worker.carry_out(WELCOME, DONE)
    with Reader(address, {"Last-Event-ID": seen}) as reader:
        rest = reader.all()
    assert [one.id for one in rest] == ["2.0", "2.1", "2.2", "2.2"]
    with Reader(address, {"Last-Event-ID": rest[-1].id}) as reader:
        assert reader.answer.status_code == 204


def test_sigterm_ends_every_stream_in_good_order_and_at_once(web: WebProcess) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(sign_up(web, f"{number}@example.org"))) for number in range(MOST)]
        for reader in readers:
            reader.next()
        web.process.terminate()
        for reader in readers:
            assert reader.all() == []
            assert reader.ended  # said, and not cut: what is cut after the grace raises instead
    assert web.process.wait(GRACE_S) == 0


def test_past_the_bound_it_is_503_and_sign_ups_are_taken_all_the_same(web: WebProcess) -> None:
    address = sign_up(web)
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(Reader(address)).next()
        refused = requests.get(address, timeout=10)
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(refused.headers["Retry-After"]) > 0
        assert requests.get(address.removesuffix("/events"), timeout=10).status_code == 200
        assert sign_up(web, "bob@example.org")


def test_clients_that_vanish_leave_their_places_and_their_threads(web: WebProcess) -> None:
    address = sign_up(web)
    for _ in range(4):
        with ExitStack() as stack:
            inside: list[Reader] = []
            eventually(lambda stack=stack, inside=inside: _full(stack, inside, address), within=20)
        # All of them are gone, in the middle of the answer and without a word.
    assert threads_of(web) < 64


def _full(stack: ExitStack, inside: list[Reader], address: str) -> bool:
    """Whether MOST have come in, one more at each look. Who is in stays, or each try would take places from the next."""
    reader = stack.enter_context(Reader(address))
    if reader.answer.status_code == 200:
        inside.append(reader)
    return len(inside) == MOST


def test_more_streams_than_threads_that_answer_keep_no_sign_up_waiting(
    database_url: str, worker: StandInWorker
) -> None:
    with running(database_url, WEB_THREADS="1", SIGNUP_LIMITS="off", **HASTY) as web, ExitStack() as stack:
        address = sign_up(web)
        readers = [stack.enter_context(Reader(address)) for _ in range(MOST)]
        for reader in readers:
            reader.next()
        with ThreadPoolExecutor(8) as crowd:
            assert len(set(crowd.map(lambda number: sign_up(web, f"{number}@example.org"), range(40)))) == 40
        worker.carry_out(NEWSLETTER, DONE)
        assert {reader.next().id for reader in readers} == {"1.0"}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    # Not tmp_path: the account a server runs under may not look into it.
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")), durable=True)
    server.start()
    upgrade(server.url)
    yield server
    server.stop()


def test_while_postgresql_is_away_hearts_beat_on_and_afterwards_the_stream_catches_up(server: EmbeddedPostgres) -> None:
    with running(server.url, SIGNUP_LIMITS="off", **HASTY) as web:
        address = sign_up(web)
        with Reader(address) as reader:
            reader.next()
            server.kill()
            reader.beats(10)
            refused = requests.get(f"{web.url}{URL}/{uuid4()}/events", timeout=10)
            assert refused.status_code == 503
            server.start()
            with psycopg.connect(server.url, autocommit=True) as connection:
                StandInWorker(connection).carry_out(NEWSLETTER, DONE)
            assert [reader.next().id, reader.next().id] == ["1.0", "2.0"]
        said = [line for line in web.log if "the ledger cannot be reached" in line]
        assert 1 <= len(said) <= 4  # the outage and those who asked meanwhile, not each look
