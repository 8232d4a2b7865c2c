"""Operators' questions while tables are large: they have time, a sentence where it was not enough, and sessions of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import SLACK_S, Connection
from tests.integration.deadletters.standing import dead
from tests.waiting import eventually
from webapp import back_office
from webapp.back_office import SESSIONS
from webapp.desk import EXTENSION, PATIENCE_S

Run = Callable[..., Result]

OPS = "/api/v1/ops"
SIGNUPS = "/api/v1/signups"
DRY_RUN = {"state": "dead", "all": True, "dry_run": True}
LISTS = ("jobs", "jobs?kind=of.long.ago", "errors", "queues", "circuits", "audit", "bulk-operations")
COMMANDS = (("list",), ("errors",), ("bulk",), ("retry", "--state", "dead", "--all", "--dry-run"))

QUESTIONS: dict[str, tuple[Callable[[FlaskClient, Run], str], str]] = {
    "a page": (lambda operator, _: operator.get(f"{OPS}/jobs").text, '"kind":"newsletter.subscribe"'),
    "a dry run": (lambda operator, _: operator.post(f"{OPS}/bulk-retries", json=DRY_RUN).text, '"count":1'),
    "a page at a terminal": (lambda _, run: run("list").stdout, "newsletter.subscribe"),
    "a dry run at a terminal": (lambda _, run: run(*COMMANDS[-1]).stdout, "1 jobs"),
}

# How many of an operator's statements have waited for longer than any visitor's would.
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'usher-operator' AND wait_event_type = 'Lock' AND now() - query_start > make_interval(secs => %s)
"""


@contextmanager
def locked(database_url: str, table: str) -> Iterator[psycopg.Connection]:
    """Nobody can read the table, until the session that this gives is rolled back."""
    with psycopg.connect(database_url) as holder:
        holder.execute(psycopg.sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(psycopg.sql.Identifier(table)))
        yield holder
        holder.rollback()


def wait_for(ledger: Connection, number: int, seconds: float) -> None:
    """Until so many of an operator's statements have waited for so long."""
    eventually(lambda: ledger.execute(WAITING, (seconds,)).fetchone() == (number,))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(SESSIONS) as executor:
        yield executor


@pytest.mark.parametrize(("ask", "expected"), QUESTIONS.values(), ids=QUESTIONS)
def test_what_takes_longer_than_a_visitor_would_wait_is_answered_all_the_same(
    operator: FlaskClient,
    run: Run,
    ledger: Connection,
    database_url: str,
    threads: ThreadPoolExecutor,
    ask: Callable[[FlaskClient, Run], str],
    expected: str,
) -> None:
    dead(ledger)
    with locked(database_url, "jobs") as holder:
        answer = threads.submit(ask, operator, run)
        wait_for(ledger, 1, PATIENCE_S + 2 * SLACK_S)
        holder.rollback()
        assert expected in answer.result()


def test_what_takes_too_long_is_503_with_what_to_do_about_it_and_no_outage(
    operator: FlaskClient,
    ledger: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(back_office, "STATEMENT_S", 0.3)
    dead(ledger)
    with locked(database_url, "jobs"):
        for answer in (operator.get(f"{OPS}/jobs"), operator.post(f"{OPS}/bulk-retries", json=DRY_RUN)):
            assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
            assert answer.json["detail"].startswith("This was given up after 25 seconds. Ask for less")
            assert answer.headers["Retry-After"] == "30"
    assert operator.post(f"{OPS}/bulk-retries", json=DRY_RUN).json["count"] == 1
    assert "cannot be reached" not in caplog.text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_at_a_terminal_it_is_one_line(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(back_office, "STATEMENT_S", 0.3)
    with locked(database_url, "bulk_operations" if words == ("bulk",) else "jobs"):
        result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("Error: the ledger needed more than 25 s")
    assert run(*words).exit_code == 0


def test_lists_that_hang_take_no_session_of_a_sign_up_and_no_more_than_a_few_of_their_own(
    operator: FlaskClient, app: Flask, ledger: Connection, database_url: str, threads: ThreadPoolExecutor
) -> None:
    visitor = app.test_client()
    with locked(database_url, "audit"):
        hanging = [threads.submit(operator.get, f"{OPS}/audit") for _ in range(SESSIONS)]
        wait_for(ledger, SESSIONS, 0)
        one_more = operator.get(f"{OPS}/queues")
        assert (one_more.status_code, one_more.headers["Retry-After"]) == (503, "2")
        assert one_more.json["detail"].startswith("Other questions of operators are being answered")
        assert visitor.post(SIGNUPS, json={"email": "ada@example.org"}).status_code == 202
    assert {one.result().status_code for one in hanging} == {200}
    assert operator.get(f"{OPS}/queues").status_code == 200


def test_nor_does_an_operator_need_one_of_theirs(
    operator: FlaskClient, run: Run, app: Flask, ledger: Connection
) -> None:
    """Of no question that is asked here may a part go by the front's pool, all of which is taken."""
    job, desk = dead(ledger, kind="of.long.ago"), app.extensions[EXTENSION]
    with ExitStack() as front:
        for _ in range(desk.settings.database_pool):
            front.enter_context(desk.session())
        assert {operator.get(f"{OPS}/{path}").status_code for path in LISTS} == {200}
        assert operator.post(f"{OPS}/bulk-retries", json={**DRY_RUN, "dry_run": False}).status_code == 202
        assert operator.post(f"{OPS}/jobs/{job}/discards", json={}).status_code == 202
        assert {run(*words).exit_code for words in (*COMMANDS, ("show", job))} == {0}
