"""The Dockerfile, as far as it can be held to account without building it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {"config", "jobs", "ledger", "sandbox", "webapp", "workers"}  # all but what only a developer's machine needs


@pytest.fixture
def stages() -> list[list[str]]:
    """The instructions of each stage, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def arguments(stage: list[str], instruction: str) -> list[str]:
    """What follows each such instruction."""
    return [line.removeprefix(instruction).strip() for line in stage if line.startswith(f"{instruction} ")]


def copied(stage: list[str]) -> dict[str, str]:
    """From the build context: source to target."""
    return dict(one.split() for one in arguments(stage, "COPY") if not one.startswith("--from"))


def test_every_dependency_is_held_to_its_hash(stages: list[list[str]]) -> None:
    installs = [one for stage in stages for one in arguments(stage, "RUN") if "pip install" in one]
    assert len(installs) == 1
    assert "--require-hashes -r requirements.lock" in installs[0]


def test_what_is_taken_out_again_is_for_development_only(stages: list[list[str]]) -> None:
    (install,) = [one for one in arguments(stages[0], "RUN") if "pip uninstall" in one]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.match(r"[A-Za-z0-9-]+", one)[0] for one in requirements}

    removed = set(install.partition("--yes ")[2].split())
    extras = project["optional-dependencies"]
    assert removed <= names(extras["embedded"]) | names(extras["dev"])
    assert not removed & names(project["dependencies"])
    assert not removed & {"aiohttp", "aiosmtpd"}, "the sandbox's own"


def test_the_python_is_one_that_the_project_supports_and_the_same_in_both_stages(stages: list[list[str]]) -> None:
    images = [stage[0].split()[1] for stage in stages]
    versions = {re.match(r"python:(\d+)\.(\d+)", image).groups() for image in images}
    assert len(versions) == 1, "a virtual environment belongs to one version"
    assert min((int(major), int(minor)) for major, minor in versions) >= (3, 11)


def test_the_final_image_holds_the_packages_and_nothing_else_of_ours(stages: list[list[str]]) -> None:
    assert copied(stages[-1]) == {name: name for name in PACKAGES}
    assert all((ROOT / name).is_dir() for name in PACKAGES)


def test_it_runs_as_a_user_who_is_not_root_and_can_change_no_file_of_it(stages: list[list[str]]) -> None:
    (user,) = arguments(stages[-1], "USER")
    assert int(user) > 0
    assert any(f"--uid {user}" in one for one in arguments(stages[-1], "RUN"))
    assert not any("--chown" in one for one in arguments(stages[-1], "COPY"))
    assert stages[-1].index(f"USER {user}") > max(
        index for index, line in enumerate(stages[-1]) if line.startswith(("COPY", "RUN"))
    )


def test_no_secret_is_built_in(stages: list[list[str]]) -> None:
    settings = [one for stage in stages for one in (*arguments(stage, "ENV"), *arguments(stage, "ARG"))]
    assert settings
    assert not re.search(r"SECRET|PASSWORD|TOKEN|DSN|_URL", " ".join(settings))


def test_the_builder_is_sent_only_what_is_copied(stages: list[list[str]]) -> None:
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*", "what is not named stays out: .env, .git, DATA_DIR"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert let_in == {source for stage in stages for source in copied(stage)}


def test_the_command_it_has_of_its_own_is_the_procfiles_web(stages: list[list[str]], commands: dict[str, str]) -> None:
    (command,) = arguments(stages[-1], "CMD")
    assert re.findall(r'"([^"]*)"', command) == commands["web"].replace('"', "").split()
