import logging

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.errors import ReadOnlySqlTransaction, UndefinedTable
from psycopg_pool import PoolTimeout

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}
SECRET = "ada@example.org"


def failing(app: Flask, path: str, error: Exception) -> FlaskClient:
    def fail() -> str:
        raise error

    app.add_url_rule(path, view_func=fail)
    return app.test_client()


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/api/v1/nothing", 404, "Not Found"),
        ("GET", "/api", 404, "Not Found"),
        ("GET", "/api/", 404, "Not Found"),
        ("GET", "/api/v1/%ff%fe", 404, "Not Found"),
        ("GET", "/api/v1/%zz", 404, "Not Found"),
        ("GET", "/api/v1/%2e%2e/%2e%2e/etc/passwd", 404, "Not Found"),
        ("GET", "/api/v1//signups/6f1f4c4e-5a59-4d1e-9a6e-111111111111", 404, "Not Found"),
        ("GET", "/api/v1/jobs//6f1f4c4e-5a59-4d1e-9a6e-111111111111", 404, "Not Found"),
        ("GET", "/api/v1/jobs/6f1f4c4e-5a59-4d1e-9a6e-111111111111/", 404, "Not Found"),
        ("POST", "/api/v1/signups/", 404, "Not Found"),
        ("POST", "/api/v1//signups", 404, "Not Found"),
        ("BREW", "/api/v1/signups", 405, "Method Not Allowed"),
        ("TRACE", "/api/v1/signups", 405, "Method Not Allowed"),
        ("CONNECT", "/api/v1/signups", 405, "Method Not Allowed"),
        ("GET", "/api/v1/signups/not-an-id", 404, "Not Found"),
        ("GET", "/api/v1/signups/00000000-0000-0000-0000-00000000000", 404, "Not Found"),
        ("GET", "/api/v1/jobs/%00", 404, "Not Found"),
        ("DELETE", "/api/v1/signups", 405, "Method Not Allowed"),
        ("PATCH", "/api/v1/jobs/6f1f4c4e-5a59-4d1e-9a6e-111111111111", 405, "Method Not Allowed"),
    ],
)
def test_a_program_gets_a_problem_document(
    client: FlaskClient, method: str, path: str, status: int, title: str
) -> None:
    answer = client.open(path, method=method, headers=HTML)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"}
    assert (answer.json["type"], answer.json["status"], answer.json["title"]) == ("about:blank", status, title)
    assert answer.headers["Cache-Control"] == "no-store"


def test_405_says_what_is_allowed(client: FlaskClient) -> None:
    assert set(client.delete("/api/v1/signups").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert set(client.get("/signups").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/api/v1//evil.example", "///api//v1", "/\\evil.example", "/nothing//"]
)
def test_no_path_leads_anywhere_else(client: FlaskClient, path: str) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})  # a client would take `//` for the start of a host
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.parametrize("host", ["bad host", "a/b", "[::1", "evil.example", "x:notaport", ""])
def test_whatever_host_is_asked_for_the_answer_is_the_same(client: FlaskClient, host: str) -> None:
    answer = client.get("/api/v1/nothing", headers={"Host": host})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "*/*;q=0", "junk"])
def test_a_program_that_says_it_takes_something_else_is_answered_all_the_same(client: FlaskClient, accept: str) -> None:
    answer = client.get("/api/v1/nothing", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("accept", [HTML, {}, {"Accept": "*/*"}, {"Accept": "text/html"}])
def test_a_person_gets_a_page(client: FlaskClient, accept: dict[str, str]) -> None:
    answer = client.get("/nothing", headers=accept)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "<h1>Not found</h1>" in answer.text


@pytest.mark.parametrize("accept", [JSON, {"Accept": "application/problem+json"}, {"Accept": "text/plain"}])
def test_a_program_that_takes_no_page_gets_a_problem_document_there_too(
    client: FlaskClient, accept: dict[str, str]
) -> None:
    answer = client.get("/nothing", headers=accept)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/api/v1/broken", "/broken"])
def test_a_fault_of_ours_is_500_and_its_text_goes_nowhere(
    app: Flask,
    path: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = failing(app, path, RuntimeError(SECRET)).get(f"{path}?token=hidden")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "RuntimeError" not in answer.text
    assert "unexpected fault: RuntimeError at " in caplog.text
    assert SECRET not in caplog.text
    assert "hidden" not in caplog.text


def test_what_postgresql_refuses_for_our_own_mistake_is_500(app: Flask) -> None:
    assert failing(app, "/api/broken", UndefinedTable("no such table")).get("/api/broken").status_code == 500


@pytest.mark.parametrize(
    "outage",
    [psycopg.OperationalError(SECRET), PoolTimeout(SECRET), ReadOnlySqlTransaction(SECRET)],
    ids=lambda outage: type(outage).__name__,
)
def test_an_unreachable_ledger_is_503_and_says_when_to_come_back(
    app: Flask,
    outage: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = failing(app, "/api/away", outage).get("/api/away")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "2"
    assert caplog.records[0].levelno == logging.WARNING
    assert SECRET not in answer.text + caplog.text


def test_a_page_that_meets_an_outage_reloads_itself(app: Flask) -> None:
    answer = failing(app, "/away", psycopg.OperationalError()).get("/away", headers=HTML)
    assert answer.status_code == 503
    assert '<meta http-equiv="refresh" content="2">' in answer.text
