"""docs/deploying.md and docs/operations.md say what is so: commands, names and log lines are compared with the code."""

import ast
import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import takeover
from ledger.processes import SILENT_S
from ledger.states import State
from tests.unit.deploy import recipes
from workers import lifecycle, watchdog
from workers.executor import MOST_SESSIONS

ROOT = Path(__file__).resolve().parents[3]
DEPLOYING = (recipes.DOCS / "deploying.md").read_text(encoding="utf-8")
OPERATIONS = (recipes.DOCS / "operations.md").read_text(encoding="utf-8")
PLACE = re.compile(r"%[-.\d]*[sdrf]")
LOGGERS = {"logger", "_log"}


def logged(package: str) -> Iterator[tuple[str, str]]:
    """Every line that the package may write to the log: its level, and its text with … for what varies."""
    for file in sorted((ROOT / package).rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=level), args=[ast.Constant(text), *_]):
                    if name in LOGGERS:
                        yield "error" if level == "exception" else level, PLACE.sub("…", text)


@pytest.mark.parametrize(("level", "line"), sorted({*logged("workers"), *logged("webapp")}))
def test_every_line_of_the_log_is_explained(level: str, line: str) -> None:
    assert f"| `{line}` | {level} |" in OPERATIONS


def test_every_line_that_is_explained_can_be_written() -> None:
    explained = set(re.findall(r"^\| `(.+?)` \| (?:info|warning|error|critical) \|", OPERATIONS, re.MULTILINE))
    assert explained == {line for _, line in (*logged("workers"), *logged("webapp"))}


def test_the_units_run_the_procfiles_commands(commands: dict[str, str]) -> None:
    units = "\n".join(recipes.blocks("deploying.md", "ini"))
    started = [line.partition("=")[2] for line in units.splitlines() if line.startswith("ExecStart=")]
    behind_a_proxy = " --host 127.0.0.1"
    assert [line.removeprefix("/srv/usher/.venv/bin/") for line in started] == [
        commands["worker"],
        commands["web"] + behind_a_proxy,
        commands["flower"],
    ]


def test_a_unit_starts_again_whatever_ends_but_for_a_bad_setting() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # systemd's names have capitals
    unit.read_string(recipes.blocks("deploying.md", "ini")[0])
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["RestartPreventExitStatus"] == "78"
    assert unit["Service"]["KillMode"] == "mixed"
    assert int(unit["Service"]["TimeoutStopSec"]) > lifecycle.GRACE_S
    assert watchdog.EXIT_STUCK != 78


def test_workers_for_single_queues_are_shown_as_compose_runs_them(commands: dict[str, str]) -> None:
    shown = [line for body in recipes.blocks("deploying.md", "sh") for line in body.splitlines() if "--queues" in line]
    assert shown == [f"{commands['worker']} --queues {queue}" for queue in ("newsletter", "email")]


def test_the_numbers_in_the_documents_are_the_codes() -> None:
    assert f"gives what is in progress {lifecycle.GRACE_S:.0f} seconds" in DEPLOYING
    assert f"exit code {watchdog.EXIT_STUCK}" in DEPLOYING
    assert f"{MOST_SESSIONS + 1 + 3}: {MOST_SESSIONS} for jobs" in DEPLOYING
    assert SILENT_S < 8
    assert "within 8 seconds" in DEPLOYING
    assert "within 8 seconds" in OPERATIONS


def test_every_command_for_looking_and_deciding_is_one_that_exists() -> None:
    # Imported here, because it is the one test that needs Flask.
    from webapp.cli import jobs  # noqa: PLC0415

    lines = [line.partition("#")[0] for body in recipes.blocks("operations.md", "sh") for line in body.splitlines()]
    for line in filter(str.strip, lines):
        program, _, app, group, verb, *options = shlex.split(line)
        assert (program, app, group) == ("flask", "webapp.app", "jobs")
        known = {name for parameter in jobs.group.commands[verb].params for name in parameter.opts}
        assert {one for one in options if one.startswith("--")} <= known, line


def test_every_state_that_is_named_exists() -> None:
    named = set(re.findall(r"--state (\w+)", OPERATIONS))
    assert named <= set(State)
    assert {"lost", "overran"} <= set(re.findall(r"'(lost|overran)'", takeover._TAKE_OVER))


def test_links_lead_somewhere() -> None:
    for text in (DEPLOYING, OPERATIONS):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (recipes.DOCS / target).exists(), target
