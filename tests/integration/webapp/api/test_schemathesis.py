"""The description against the application as it is deployed: thousands of requests made from the one, put to the other.

Schemathesis looks for what is not documented (statuses, types, headers, bodies), for valid requests that are refused and
invalid ones that are taken, for answers without a login, for anything that is 5xx. Jobs are carried out meanwhile.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
import requests

from tests.integration.webapp.stand_in_worker import DIED, DONE, DOUBTED, NEWSLETTER, RETRIED, WELCOME, open_worker
from tests.integration.webapp.web_process import OPS_PASSWORD, WebProcess, running

PROGRAM = Path(sys.executable).parent / "schemathesis"
PACE_S = 0.05
NO_STREAMS = ("--exclude-path-regex", "/events$")  # they do not end by themselves; their tests are beside them
UNTESTED = 2  # the stream, and the description, which it has read already
LIMIT_S = 300  # for a process that hangs; it ends by itself long before, at --max-time

# A schema cannot say everything: an address may be well-formed and of a domain that nobody may have (422), a state may
# forbid what is asked (409), and what is asked for may not exist. A body that is wrong may be too large as well (413).
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "404", "409", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""


@pytest.fixture(scope="module")
def web(module_database_url: str) -> Iterator[WebProcess]:
    # Off, because it would soon answer nothing but 429.
    with running(module_database_url, SIGNUP_LIMITS="off") as process:
        yield process


@pytest.fixture(autouse=True)
def _jobs_move(module_database_url: str) -> Iterator[None]:
    """Somebody carries jobs out, with every end there is."""
    enough = threading.Event()
    worker = open_worker(module_database_url)
    moves = cycle((DONE, DIED, RETRIED, DOUBTED, DONE))

    def work() -> None:
        while not enough.wait(PACE_S):
            for kind in (NEWSLETTER, WELCOME):
                if claimed := worker.claim(kind):
                    worker.finish(claimed, next(moves))

    thread = threading.Thread(target=work)
    thread.start()
    yield
    enough.set()
    thread.join()
    worker.connection.close()


def examine(web: WebProcess, tmp_path: Path, *options: str) -> str:
    """Schemathesis's report. Fails where it has found anything, or has left an operation out."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    description = f"{web.url}/api/v1/openapi.json"
    done = subprocess.run(
        [PROGRAM, "--config-file", config, "run", description, "--seed", "5", "--no-color", *NO_STREAMS, *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    paths = requests.get(description, timeout=10).json()["paths"]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) == sum(map(len, paths.values())) - UNTESTED
    assert not [line for line in web.log if "unexpected fault" in line]
    return done.stdout


def test_what_a_stranger_may_send_is_answered_as_described(web: WebProcess, tmp_path: Path) -> None:
    report = examine(web, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--max-time", "15")
    assert "401 Unauthorized" in report  # the operator's operations were asked for, and kept shut


def test_what_the_operator_may_send_is_answered_as_described(web: WebProcess, tmp_path: Path) -> None:
    login = f"ops:{OPS_PASSWORD}"
    report = examine(web, tmp_path, "--auth", login, "--max-examples", "8", "--max-time", "25")
    assert "401 Unauthorized" not in report
    assert re.search(r"API Links: +[1-9]", report)  # what one answer names was asked for by the next request
