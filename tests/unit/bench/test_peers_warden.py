"""No worker of a peer outlives its run: not one that ignores signals or has left its group, and not when the driver is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.contender import ContenderError
from tests.bench.peers.apps.ready import LINE
from tests.bench.peers.crew import crew
from tests.bench.peers.places import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands a warden the orphans of its workers")
WITHIN_S = 60.0
# Starts a child in a session of its own that hears no SIGTERM, writes both numbers down, says that it is up and stays.
STUBBORN = f"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    os.setsid()
else:
    open(sys.argv[1], "w").write(f"{{os.getpid()}} {{child}}")
    print({LINE!r}, file=sys.stderr, flush=True)
time.sleep(600)
"""
DRIVER = """
import sys
from pathlib import Path
from tests.bench.peers.crew import crew
pids, program = sys.argv[1:3]
with crew("x", [[sys.executable, "-c", program, pids]], workers=1, env={"PYTHONPATH": "."},
          log=Path(pids + ".log"), within_s=60):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def pids(tmp_path: Path) -> Iterator[Path]:
    """Where the stubborn one writes its number and its child's; whoever a failed test has left is ended."""
    path = tmp_path / "pids"
    yield path
    for pid in numbers(path):
        if lives(pid):
            os.kill(pid, signal.SIGKILL)


def numbers(path: Path) -> list[int]:
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def command(pids: Path, program: str = STUBBORN) -> list[str]:
    return [sys.executable, "-c", program, str(pids)]


def test_whoever_ignores_signals_or_left_the_group_ends_with_the_run(pids: Path) -> None:
    env = {"PYTHONPATH": str(ROOT)}
    with crew("x", [command(pids)], workers=1, env=env, log=pids.with_suffix(".log"), within_s=WITHIN_S):
        assert len(numbers(pids)) == 2
        assert all(lives(pid) for pid in numbers(pids))
    assert not any(lives(pid) for pid in numbers(pids))


def test_a_run_ends_by_itself_when_its_time_is_up(pids: Path) -> None:
    env = {"PYTHONPATH": str(ROOT)}
    with crew("x", [command(pids)], workers=1, env=env, log=pids.with_suffix(".log"), within_s=1) as working:
        eventually(lambda: len(numbers(pids)) == 2 and not any(lives(pid) for pid in numbers(pids)), within=15)
        with pytest.raises(ContenderError):
            eventually(working.check)


def test_a_worker_that_ends_is_noticed_with_its_last_words(pids: Path) -> None:
    dying = f"import sys; print({LINE!r}, 'out of paper', file=sys.stderr)"
    env = {"PYTHONPATH": str(ROOT)}
    log = pids.with_suffix(".log")
    commands = [command(pids), command(pids, dying)]
    with (
        pytest.raises(ContenderError, match="out of paper"),
        crew("x", commands, workers=2, env=env, log=log, within_s=WITHIN_S) as working,
    ):
        eventually(working.check, within=15)
    assert not any(lives(pid) for pid in numbers(pids))


def test_workers_end_when_the_driver_is_killed(pids: Path) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(pids), STUBBORN],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert driver.stdout is not None
    assert driver.stdin is not None
    with driver:
        assert driver.stdout.readline() == b"up\n"
        driver.kill()
        driver.wait()
    assert len(numbers(pids)) == 2
    eventually(lambda: not any(lives(pid) for pid in numbers(pids)), within=15)
