"""Workers replaced one by one while visitors go on signing up: nothing is lost, nothing is done twice, nobody is killed."""

import threading
import uuid
from collections import Counter

import psycopg
import pytest
import requests

from tests.integration.deploy.conftest import Start
from tests.integration.deploy.deployment import Deployment, Local, from_procfile
from tests.integration.deploy.test_commands import until_they_are_ready, until_web_answers
from tests.sandbox_process import SandboxProcess
from tests.waiting import eventually

CALL_MS = 100  # so that calls are in progress whenever a worker is told to stop
DRAIN_S = 60


class Visitors:
    """People who sign up one after another, until told to stop."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1/signups"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sign_up, daemon=True)
        self.taken: list[str] = []
        self.refused = 0
        self._thread.start()

    def stop(self) -> None:
        """Returns when the last has been answered."""
        self._stopping.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _sign_up(self) -> None:
        with requests.Session() as session:
            while not self._stopping.wait(0.02):
                address = f"{uuid.uuid4().hex}@example.org"
                answer = session.post(self._url, json={"email": address}, timeout=10)
                if answer.status_code == requests.codes.accepted:
                    self.taken.append(address)
                else:
                    self.refused += 1


@pytest.fixture
def deployed(local: Local, sandbox: SandboxProcess) -> Deployment:
    """The Procfile's commands; each call to a provider takes a while."""
    for provider in ("listmonk", "smtp"):
        sandbox.set_mode(provider, "ok", latency_ms=CALL_MS)
    return from_procfile(local)


def effects(sandbox: SandboxProcess) -> tuple[Counter[str], Counter[str]]:
    """How often each address was put on the list, and how often it was written to."""
    created = [one["key"] for one in sandbox.journal("listmonk") if one["effect"] == "subscriber.created"]
    mailed = [to for one in sandbox.journal("smtp", brief=True) for to in one["to"]]
    return Counter(created), Counter(mailed)


def count(database_url: str, query: str) -> int:
    with psycopg.connect(database_url) as connection:
        return int(connection.execute(query).fetchone()[0])


def test_workers_are_replaced_under_load_and_everything_is_done_once(
    deployed: Deployment, local: Local, sandbox: SandboxProcess, start: Start
) -> None:
    (worker,) = deployed.workers
    start(deployed.web)
    old = [start(worker, f"--hostname {name}@%h") for name in ("first", "second")]
    url = until_web_answers(local)
    until_they_are_ready(old)
    visitors = Visitors(url)

    def more_done(by: int) -> None:
        reached = sandbox.state("listmonk")["effects"] + by
        eventually(lambda: sandbox.state("listmonk")["effects"] >= reached, within=30)

    more_done(by=50)
    assert old[0].stop() == 0, old[0].log
    more_done(by=50)
    new = start(worker, "--hostname third@%h")
    until_they_are_ready([new])
    more_done(by=50)
    assert old[1].stop() == 0, old[1].log
    more_done(by=50)
    visitors.stop()

    eventually(
        lambda: count(local.database_url, "SELECT count(*) FROM jobs WHERE finished_at IS NULL") == 0, within=DRAIN_S
    )
    assert visitors.refused == 0
    once = Counter(visitors.taken)
    assert effects(sandbox) == (once, once)
    assert count(local.database_url, "SELECT count(*) FROM jobs WHERE state <> 'succeeded'") == 0
    # Handed over and not taken over: nobody had to be given up for dead.
    assert count(local.database_url, "SELECT sum(crashes) FROM jobs") == 0
    assert new.stop() == 0, new.log
