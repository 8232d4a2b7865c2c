"""Each command of the Procfile and of docker-compose.yml, started for real until it answers, and stopped by SIGTERM."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import requests

from ledger import revision
from tests.integration.deploy.conftest import Start
from tests.integration.deploy.deployment import PASSWORDS, Deployment, Local, Service
from tests.integration.deploy.program import START_S, Program
from tests.ports import free_port
from tests.sandbox_process import SandboxProcess
from tests.unit.deploy.compose_file import ComposeFile
from tests.waiting import eventually

CELERY_IS_READY = " ready."
SIGN_UP = {"email": "ada@example.org", "name": "Ada Lovelace"}


def status(url: str, **arguments: object) -> int:
    """What a GET is answered with; 0 where nobody answers."""
    try:
        return requests.get(url, timeout=5, **arguments).status_code
    except requests.ConnectionError:
        return 0


def until_web_answers(local: Local) -> str:
    """Returns its address."""
    url = f"http://127.0.0.1:{local.port}"
    eventually(lambda: status(f"{url}/readyz") == requests.codes.ok, within=START_S)
    return url


def until_they_are_ready(workers: list[Program]) -> None:
    for worker in workers:
        worker.until_it_says(CELERY_IS_READY)


def alive(url: str) -> tuple[int, int]:
    """Relays and executors, as web reports them."""
    found = requests.get(f"{url}/readyz", timeout=5).json()
    return found["relays"], found["executors"]


def test_release_brings_an_empty_database_to_the_newest_shape_and_may_run_again(
    deployment: Deployment, start: Start, empty_database_url: str
) -> None:
    for _ in range(2):
        release = start(deployment.release, DATABASE_URL=empty_database_url)
        assert release.end() == 0, release.log
        assert not release.remains()
    with psycopg.connect(empty_database_url) as connection:
        assert revision.is_current(connection)


def test_web_is_not_ready_before_the_release_and_is_after_it(
    deployment: Deployment, start: Start, local: Local, empty_database_url: str
) -> None:
    start(deployment.web, DATABASE_URL=empty_database_url)
    url = f"http://127.0.0.1:{local.port}"
    eventually(lambda: status(f"{url}/livez") == requests.codes.ok, within=START_S)
    assert status(f"{url}/readyz") == requests.codes.service_unavailable
    assert start(deployment.release, DATABASE_URL=empty_database_url).end() == 0
    eventually(lambda: status(f"{url}/readyz") == requests.codes.ok)


def test_a_sign_up_is_taken_by_web_and_its_jobs_are_done_by_the_workers(
    deployment: Deployment, start: Start, local: Local, sandbox: SandboxProcess
) -> None:
    """And all of them end in good order: within ten seconds, with exit code 0, leaving nothing behind."""
    web, workers = start(deployment.web), [start(one) for one in deployment.workers]
    url = until_web_answers(local)
    until_they_are_ready(workers)
    assert [status(f"{url}{path}") for path in ("/", "/livez")] == [requests.codes.ok] * 2
    taken = requests.post(f"{url}/api/v1/signups", json=SIGN_UP, timeout=5)
    assert taken.status_code == requests.codes.accepted
    where = url + taken.json()["links"]["self"]
    eventually(lambda: requests.get(where, timeout=5).json()["status"] == "completed", within=START_S)
    assert [one["key"] for one in sandbox.journal("listmonk")] == [SIGN_UP["email"]]
    assert [one["to"] for one in sandbox.journal("smtp")] == [[SIGN_UP["email"]]]

    eventually(lambda: alive(url) == (len(workers), len(workers)), within=START_S)
    for left, worker in reversed(list(enumerate(workers))):
        assert worker.stop() == 0, worker.log
        eventually(lambda left=left: alive(url) == (left, left))
    assert web.stop() == 0, web.log
    said = "".join(program.log for program in (*workers, web))
    assert SIGN_UP["email"] not in said
    assert SIGN_UP["name"] not in said


def test_flower_answers_behind_its_password_and_ends_in_good_order(
    deployment: Deployment, start: Start, local: Local
) -> None:
    flower = start(deployment.flower)
    url = f"http://127.0.0.1:{local.flower_port}"
    eventually(lambda: status(f"{url}/healthcheck") == requests.codes.ok, within=START_S)
    user, _, password = PASSWORDS["FLOWER_BASIC_AUTH"].partition(":")
    assert status(f"{url}/") == requests.codes.unauthorized
    assert status(f"{url}/", auth=(user, "guessed")) == requests.codes.unauthorized
    assert status(f"{url}/", auth=(user, password)) == requests.codes.ok
    assert flower.stop() == 0, flower.log


def test_the_sandbox_of_compose_answers_and_ends_in_good_order(start: Start, image: Path) -> None:
    described = ComposeFile.read().services["sandbox"]
    ports = {"8025": str(free_port()), "2525": str(free_port()), "0.0.0.0": "127.0.0.1"}
    command = shlex.join(ports.get(word, word) for word in shlex.split(described["command"]))
    assert all(port in command for port in ports.values()), "a word of the command is not where it was"
    providers = start(Service("sandbox", command, {}, image))
    providers.until_it_says("sandbox ready")
    assert status(f"http://127.0.0.1:{ports['8025']}/_control") == requests.codes.ok
    assert providers.stop() == 0, providers.log


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "NEWSLETTER_DSN", "EMAIL_DSN"])
def test_a_worker_without_a_setting_says_so_in_one_line_and_ends_with_the_code_for_it(
    composed: Deployment, start: Start, missing: str
) -> None:
    (worker, *_) = composed.workers
    rest = {name: value for name, value in worker.environment.items() if name != missing}
    program = start(replace(worker, environment=rest))
    assert program.end() == 78
    assert f"usher: {missing}: is missing" in program.log
    assert "Traceback" not in program.log


def test_the_health_checks_pass_while_everything_runs_and_no_longer(
    composed: Deployment, start: Start, local: Local, checked: Callable[..., int]
) -> None:
    services = [composed.web, composed.flower, composed.workers[0]]
    assert [checked(one) for one in services] == [1] * len(services)
    running = [start(one) for one in services]
    until_web_answers(local)
    for service in services:
        eventually(lambda service=service: checked(service) == 0, within=START_S)
    assert [program.stop() for program in running] == [0] * len(running)
    assert [checked(one) for one in services] == [1] * len(services)


def test_a_worker_is_not_blamed_for_a_ledger_that_is_away(composed: Deployment, checked: Callable[..., int]) -> None:
    nowhere = f"postgresql://usher@127.0.0.1:{free_port()}/usher"
    assert checked(composed.workers[0]) == 1, "nobody is on the register"
    assert checked(composed.workers[0], DATABASE_URL=nowhere) == 0
