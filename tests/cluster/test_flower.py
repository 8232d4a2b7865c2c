"""Flower: behind a password or not at all, and showing each job under its own id."""

import socket
from collections.abc import Callable

import pytest
import requests

from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.nodes import UsherWorkerContainer, Wanted
from tests.waiting import eventually

LOGIN = ("ops", "a-long-password")


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted()]


@pytest.fixture(scope="module")
def flower(run_celery: Callable[..., UsherWorkerContainer], worker_environment: dict[str, str]) -> str:
    """The URL of a Flower that answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    node = run_celery(
        "flower",
        "--address=127.0.0.1",
        REDIS_URL=worker_environment["REDIS_URL"],
        FLOWER_PORT=str(port),
        FLOWER_BASIC_AUTH=":".join(LOGIN),
    )
    eventually(lambda: _status(url) or node.ended(), within=PATIENCE_S)
    assert not node.ended(), node.logs()
    return url


def test_without_a_password_it_shows_nothing(flower: str) -> None:
    for path in ("/", "/api/tasks", "/api/workers", "/tasks"):
        assert requests.get(flower + path, timeout=10).status_code == 401
        assert requests.get(flower + path, auth=("ops", "wrong"), timeout=10).status_code == 401


@pytest.mark.usefixtures("celery_setup")
def test_with_the_password_it_shows_every_job_under_its_id(flower: str, desk: Desk) -> None:
    assert requests.get(f"{flower}/workers", auth=LOGIN, timeout=10).status_code == 200
    who, bad = desk.sign_up(), desk.sign_up("not;valid@example.org")
    wanted = {
        str(who.newsletter): ("newsletter.subscribe", "SUCCESS"),
        str(who.email): ("notification.welcome.email", "SUCCESS"),
        str(bad.newsletter): ("newsletter.subscribe", "FAILURE"),
    }

    def shown() -> bool:
        tasks = requests.get(f"{flower}/api/tasks", auth=LOGIN, timeout=10).json()
        return {one: (tasks[one]["name"], tasks[one]["state"]) for one in wanted if one in tasks} == wanted

    eventually(shown, within=PATIENCE_S)


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=2).status_code
    except requests.RequestException:
        return 0
