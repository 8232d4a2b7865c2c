import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from config.settings import EXIT_CONFIG
from jobs import registry
from ledger.states import State
from tests.integration.webapp.stand_in_worker import DIED, DONE, NEWSLETTER, WELCOME, StandInWorker
from tests.integration.webapp.web_process import ROOT

SignUp = Callable[..., dict[str, Any]]


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=["jobs", *words])

    return invoke


def ids_in(result: Result) -> list[str]:
    """The ids of the rows that were printed; what else is said around them is not this file's business."""
    assert result.exit_code == 0, result.output
    return [line.split()[0] for line in result.stdout.splitlines() if re.match(r"[0-9a-f]{8}-", line)]


def test_list_shows_the_newest_first_and_nobodys_data(run: Callable[..., Result], signed_up: SignUp) -> None:
    ids = [job["id"] for email in ("a", "b") for job in signed_up(f"{email}@example.org", name="Ada Lovelace")["jobs"]]
    result = run("list")
    assert ids_in(result) == ids[::-1]
    assert "@" not in result.output
    assert "Lovelace" not in result.output


def test_list_can_be_narrowed_by_state_kind_and_number(
    run: Callable[..., Result],
    signed_up: SignUp,
    worker: StandInWorker,
) -> None:
    for email in ("a", "b", "c"):
        signed_up(f"{email}@example.org")
    worker.carry_out(NEWSLETTER, DONE)
    assert len(ids_in(run("list", "--state", "succeeded"))) == 3
    assert ids_in(run("list", "--state", "succeeded", "--kind", WELCOME)) == []
    assert len(ids_in(run("list", "--kind", WELCOME))) == 3
    assert len(ids_in(run("list", "--limit", "1"))) == 1


def test_where_there_is_nothing_list_says_so_and_prints_no_rows(run: Callable[..., Result]) -> None:
    result = run("list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No such jobs.\n")


def test_show_gives_the_row_and_its_history(
    run: Callable[..., Result], signed_up: SignUp, worker: StandInWorker
) -> None:
    job_id = signed_up()["jobs"][0]["id"]
    worker.carry_out(NEWSLETTER, DIED)
    result = run("show", job_id)
    assert result.exit_code == 0
    facts, history = result.output.split("history\n")
    assert dict(line.split(None, 1) for line in facts.splitlines())["error"] == "address_rejected"
    assert [line.split()[1] for line in history.splitlines()] == ["claimed", "died"]
    assert f"worker={worker.id}" in history
    assert f"message={worker.last_message}" in history


def test_a_state_that_does_not_exist_is_one_line_with_the_vocabulary(run: Callable[..., Result]) -> None:
    result = run("list", "--state", "failed")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].endswith(f"there is no state 'failed'; there are {', '.join(State)}")


def test_a_kind_that_does_not_exist_is_one_line_with_the_vocabulary(run: Callable[..., Result]) -> None:
    result = run("list", "--kind", "welcome")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].endswith(
        f"there is no kind 'welcome'; there are {', '.join(sorted(registry.load()))}"
    )


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1000000"])
def test_a_limit_that_cannot_be_meant_is_refused(run: Callable[..., Result], limit: str) -> None:
    assert run("list", "--limit", limit).exit_code == 2


@pytest.mark.parametrize(
    ("job_id", "reason"),
    [("00000000-0000-4000-8000-000000000000", "there is no job"), ("nonsense", "not a valid UUID")],
)
def test_showing_a_job_that_nobody_has_fails_in_one_line(run: Callable[..., Result], job_id: str, reason: str) -> None:
    result = run("show", job_id)
    assert result.exit_code != 0
    assert reason in result.stderr.splitlines()[-1]


def test_the_commands_are_reached_as_the_contract_says(database_url: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a key for one test and no longer",
        "OPS_PASSWORD": "open sesame",
    }
    argv = [sys.executable, "-m", "flask", "--app", "webapp.app", "jobs", "list"]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "No such jobs.\n")


def test_without_settings_a_command_names_every_missing_variable_and_nothing_else() -> None:
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    argv = [sys.executable, "-m", "flask", "--app", "webapp.app", "jobs", "list"]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_CONFIG
    missing = {line.split()[1] for line in done.stderr.splitlines()}
    assert missing == {"DATABASE_URL:", "SECRET_KEY:", "OPS_PASSWORD:"}
