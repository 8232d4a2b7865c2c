"""Which web server: sign-ups per second, alone and beside hundreds of open streams. Each server in turn, several rounds.

Every server runs one process with room for a thousand connections at once, the same application, the same database. The
load shares the machine with it, so compare the figures with each other and with nothing else.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.stack import BIN, ROOT, Stack, started
from tests.bench.table import Figure, Table

HERE = Path(__file__).parent
EXTRA = ROOT / "bench-results" / "servers"
APPLICATION = "tests.bench.holding:application"
HELD = 500
CONNECTIONS = 32
ROOM = "1000"
SERVERS = {
    "gunicorn gthread": ["gunicorn", "--worker-class", "gthread", "--threads", ROOM],
    "gunicorn gevent": ["gunicorn", "--worker-class", "gevent", "--worker-connections", ROOM],
    "granian": ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", ROOM, "--backlog", "2048"],
    "waitress": ["waitress-serve", "--threads", ROOM, "--connection-limit", "2000"],
}


def run(*, quick: bool) -> Table:
    """Measure all of them."""
    _install()
    rounds, seconds = (1, 3) if quick else (5, 6)
    table = Table("servers", f"sign-ups/s, {CONNECTIONS} connections; beside {HELD} open streams", rounds)
    with started() as stack:
        for _ in range(rounds):
            for name, command in SERVERS.items():
                for held in (0, HELD):
                    _measure(table, stack, name, command, held, seconds)
    return table


def _measure(table: Table, stack: Stack, name: str, command: list[str], held: int, seconds: float) -> None:
    full = [sys.executable, "-m", *_module(command), *_address(command[0], stack.port), APPLICATION]
    # Each thread that answers may want a session of its own; all servers get the same number.
    with stack.running(full, PYTHONPATH=f"{ROOT}:{EXTRA}", DATABASE_POOL="16"):
        stack.wait_for_web()
        load = [str(BIN / "python"), "-m", "tests.bench.load", stack.url, str(seconds), str(CONNECTIONS), str(held)]
        done = subprocess.run(load, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    label = f"{name}, {held} streams"
    table.add(Figure(label, "sign-ups/s", found["per_second"]))
    table.add(Figure(label, "p99 ms", found["p99_ms"] or float("nan")))
    table.add(Figure(label, "streams open", found["held"]))


def _module(command: list[str]) -> list[str]:
    modules = {"gunicorn": "gunicorn", "granian": "granian", "waitress-serve": "waitress"}
    return [modules[command[0]], *command[1:]]


def _address(server: str, port: int) -> list[str]:
    match server:
        case "gunicorn":
            return ["--bind", f"127.0.0.1:{port}", "--no-control-socket"]
        case "granian":
            return ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
        case _:
            return ["--listen", f"127.0.0.1:{port}"]


def _install() -> None:
    lock, installed = HERE / "servers.lock", EXTRA / "installed.lock"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        shutil.rmtree(EXTRA, ignore_errors=True)
        subprocess.run(
            [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--target", str(EXTRA),
             "-r", str(lock)],
            check=True,
        )  # fmt: skip
        shutil.copy(lock, installed)
