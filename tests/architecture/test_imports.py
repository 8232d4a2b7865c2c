"""The house's arrows, proved at run time: what a fresh interpreter has loaded after importing one module.

import-linter reads the source; this sees what really happens, imports inside functions of third parties included.
"""

import json
import subprocess
import sys

import pytest

SHOW = "import importlib, json, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(json.dumps(sorted(sys.modules)))"
BROKER = {"celery", "kombu", "redis", "billiard", "vine", "amqp"}
FRAMEWORKS = BROKER | {"flask", "werkzeug", "requests", "urllib3", "config", "smtplib"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages in memory after importing `modules` in an interpreter of their own."""
    done = subprocess.run([sys.executable, "-c", SHOW, *modules], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_the_web_tier_loads_nothing_that_could_reach_the_broker() -> None:
    assert not loaded_by("webapp.app", "webapp.cli") & (BROKER | {"workers", "requests", "smtplib"})


@pytest.mark.parametrize("module", ["jobs.registry", "jobs.owing", "jobs.retry", "jobs.letters", "jobs.channels"])
def test_jobs_loads_no_framework_and_no_settings(module: str) -> None:
    assert not loaded_by(module) & FRAMEWORKS


def test_the_ledger_loads_no_framework_no_settings_and_nothing_above_it() -> None:
    modules = ("claim", "connection", "finish", "lease", "processes", "reading", "signups", "takeover", "wakeup")
    assert not loaded_by(*(f"ledger.{name}" for name in modules)) & (FRAMEWORKS | {"jobs", "webapp", "workers"})


def test_workers_load_no_web_framework() -> None:
    assert not loaded_by("workers.lifecycle", "workers.relay.relay", "workers.providers.smtp") & {"flask", "webapp"}


@pytest.mark.parametrize("package", ["config", "ledger", "jobs", "workers", "webapp", "sandbox", "embedded"])
def test_a_package_root_is_empty_so_that_importing_a_leaf_drags_nothing_in(package: str) -> None:
    bare = loaded_by("json")
    assert loaded_by(package) - bare == {package}


def test_the_check_itself_would_see_a_forbidden_import() -> None:
    assert {"celery", "kombu"} <= loaded_by("celery.app.base")
