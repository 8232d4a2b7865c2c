"""PostgreSQL goes away and comes back: a server of the test's own, since the session's belongs to everybody."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from embedded.child import children_of
from embedded.postgres import EmbeddedPostgres
from ledger.connection import bounded_session
from ledger.migrations import upgrade
from tests.integration.webapp.web_process import WebProcess, running
from tests.waiting import eventually

URL = "/api/v1/signups"
ADA = {"email": "ada@example.org"}
CROWD = 30
PROMISED_S = 2.0  # the contract's own bound, not a measure of this machine


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    # Not tmp_path: the account a server runs under may not look into it.
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")), durable=False)
    server.start()
    upgrade(server.url)
    yield server
    server.stop()


@pytest.fixture
def web(server: EmbeddedPostgres) -> Iterator[WebProcess]:
    with running(server.url, SIGNUP_LIMITS="off") as process:
        yield process


def count(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.url) as ledger:
        row = ledger.execute("SELECT count(*) FROM signups").fetchone()
    assert row is not None
    number: int = row[0]
    return number


def test_while_postgresql_is_away_the_answer_is_a_quick_503_and_afterwards_all_is_well(
    server: EmbeddedPostgres,
    web: WebProcess,
) -> None:
    page = requests.post(web.url + URL, json=ADA, timeout=10).json()["links"]["page"]
    server.kill()
    for _ in range(3):
        began = time.monotonic()
        answer = requests.post(web.url + URL, json=ADA, timeout=10)
        assert time.monotonic() - began < PROMISED_S
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
        assert answer.headers["Retry-After"] == "2"
    assert requests.get(web.url + "/livez", timeout=10).status_code == 200
    assert requests.get(web.url + "/", timeout=10).status_code == 200
    ready = requests.get(web.url + "/readyz", timeout=10)
    assert (ready.status_code, ready.json()["ledger"]) == (503, "down")
    away = requests.get(web.url + page, headers={"Accept": "text/html"}, timeout=10)
    assert (away.status_code, "One moment, please" in away.text) == (503, True)
    server.start()
    assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    assert requests.get(web.url + "/readyz", timeout=10).status_code == 200
    assert count(server) == 2
    assert "ada@example.org" not in "".join(web.log)


def test_started_while_postgresql_is_away_it_answers_503_until_it_comes(server: EmbeddedPostgres) -> None:
    server.stop()
    with running(server.url, SIGNUP_LIMITS="off") as web:
        assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 503
        server.start()
        assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    assert count(server) == 1


def test_sessions_that_were_cut_cost_no_visitor_an_error(server: EmbeddedPostgres, web: WebProcess) -> None:
    assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        cut = admin.execute(
            # Gone, and not only told to go: one that still answers its check and dies a moment later is another case.
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name LIKE 'usher-%'",
        ).fetchall()
    assert (True,) in cut
    assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    assert count(server) == 2


def test_a_row_that_somebody_holds_costs_its_own_visitor_a_503_and_nobody_else_anything(
    server: EmbeddedPostgres, web: WebProcess
) -> None:
    assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    with psycopg.connect(server.url) as holder:
        holder.execute("SELECT FROM subscribers WHERE address = %s FOR UPDATE", (ADA["email"],))
        began = time.monotonic()
        held = requests.post(web.url + URL, json=ADA, timeout=10)
        assert (held.status_code, held.headers["Retry-After"]) == (503, "2")
        assert time.monotonic() - began < PROMISED_S
        assert requests.post(web.url + URL, json={"email": "bob@example.org"}, timeout=10).status_code == 202
    assert requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202
    assert count(server) == 3


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    """As a machine whose disk hangs: every socket stays open, and nobody answers on any."""
    assert server.child is not None
    everybody = [server.child.pid, *children_of(server.child.pid)]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everybody:
            os.kill(pid, signal.SIGCONT)


def timed(call: Callable[[], requests.Response]) -> tuple[int, bool]:
    """The status, and whether it came within what is promised."""
    began = time.monotonic()
    status = call().status_code
    return status, time.monotonic() - began < PROMISED_S


def test_a_server_that_is_frozen_costs_nobody_more_than_a_quick_503_and_afterwards_all_is_well(
    server: EmbeddedPostgres, web: WebProcess
) -> None:
    page = requests.post(web.url + URL, json=ADA, timeout=10).json()["links"]["page"]

    def sign_up(number: int) -> tuple[int, bool]:
        return timed(lambda: requests.post(web.url + URL, json={"email": f"{number}@example.org"}, timeout=10))

    with ThreadPoolExecutor(CROWD) as crowd:
        assert {status for status, _ in crowd.map(sign_up, range(CROWD))} == {202}  # sessions are open when it happens
        with frozen(server):
            assert set(crowd.map(sign_up, range(CROWD))) == {(503, True)}
            assert sign_up(0) == (503, True)  # no session is left that looks alive
            for path in ("/readyz", page):
                assert timed(lambda path=path: requests.get(web.url + path, timeout=10)) == (503, True)
            assert requests.get(web.url + "/livez", timeout=10).status_code == 200
    eventually(lambda: requests.post(web.url + URL, json=ADA, timeout=10).status_code == 202)
    assert requests.get(web.url + "/readyz", timeout=10).status_code == 200
    assert (
        count(server) >= 2 + CROWD
    )  # those that got a 503 may have been written when it thawed, and no more than that
    assert count(server) <= 2 + 2 * CROWD + 1


def test_nor_does_an_operator_wait_for_one_for_ever(server: EmbeddedPostgres) -> None:
    with bounded_session(server.url, name="test", statement_s=0.2) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("200ms",)
        with frozen(server), pytest.raises(psycopg.OperationalError) as given_up:
            connection.execute("SELECT")
        # Of that only a server that lives could have told.
        assert not isinstance(given_up.value, psycopg.errors.QueryCanceled)
        assert connection.closed
