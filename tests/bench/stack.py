"""The processes a benchmark measures: real engines, the sandbox, and whatever of Usher it needs, each on a free port.

Used as a context: whatever was started is ended with it, in the reverse order.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from embedded.postgres import EmbeddedPostgres
from embedded.redis import EmbeddedRedis
from ledger.migrations import upgrade
from tests.sandbox_process import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_S = 30.0
STOP_S = 10.0


class Stack:
    """Engines and sandbox, and the environment in which Usher's processes find them."""

    def __init__(self, stack: ExitStack, *, durable: bool) -> None:
        self._stack = stack
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-bench-")))
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=durable)
        self.postgres.start()
        stack.callback(self.postgres.stop)
        self.redis = EmbeddedRedis(folder / "redis")
        self.redis.start()
        stack.callback(self.redis.stop)
        self.sandbox = SandboxProcess.start()
        stack.callback(self.sandbox.stop)
        upgrade(self.postgres.url)
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "NEWSLETTER_DSN": f"listmonk+http://usher:sandbox@127.0.0.1:{self.sandbox.http_port}/?list=1",
            "EMAIL_DSN": f"smtp://127.0.0.1:{self.sandbox.smtp_port}/?from=Usher <hello@usher.example>",
            "SECRET_KEY": "only-for-this-benchmark",
            "OPS_PASSWORD": "only-for-this-benchmark",
            "PORT": str(self.port),
        }

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self, command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run one of Usher's processes for as long as the block lasts."""
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def wait_for_web(self) -> None:
        """Return once the web process answers; `TimeoutError` where it does not."""
        until(lambda: _answers(f"{self.url}/readyz"), "the web process")

    def wait_for_worker(self) -> None:
        """Return once an executor and a relay are on the register."""
        until(lambda: _roles(self.url) >= {"executors", "relays"}, "a worker")


@contextmanager
def started(*, durable: bool = True) -> Iterator[Stack]:
    """A stack. `durable`: PostgreSQL syncs each commit to the disk, as in production."""
    with ExitStack() as stack:
        yield Stack(stack, durable=durable)


def until(condition: "object", what: str) -> None:
    """Poll until the condition holds; `TimeoutError` after half a minute."""
    ends = time.monotonic() + START_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} did not come up")
        time.sleep(0.05)


def free_port() -> int:
    """A port of the loopback address that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


def _roles(url: str) -> set[str]:
    body: Mapping[str, object] = requests.get(f"{url}/readyz", timeout=2).json()
    return {name for name in ("executors", "relays") if body.get(name)}
