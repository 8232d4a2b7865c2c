"""The processes a benchmark measures: real engines, the sandbox, and whatever of Usher it needs, each on a free port.

Used as a context: whatever was started is ended with it, in the reverse order.
"""

import os
import shlex
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import requests

from embedded import procfile
from embedded.child import Child
from embedded.postgres import EmbeddedPostgres
from embedded.redis import EmbeddedRedis
from ledger.migrations import upgrade
from tests.sandbox_process import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
RESULTS = ROOT / "bench-results"
LOGS = RESULTS / "logs"
START_S = 30.0
STOP_S = 10.0
LISTS = {"listmonk": "1", "mailchimp": "a1b2c3d4e5"}  # those that the sandbox has
WEBAPP = "webapp"


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
        self.commands = procfile.read(ROOT / "Procfile", ("web", "worker"))
        self.port = free_port()
        self.environment = {
            "PATH": os.pathsep.join((str(BIN), os.environ["PATH"])),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "NEWSLETTER_DSN": self.newsletter_dsn("listmonk"),
            "EMAIL_DSN": f"smtp://127.0.0.1:{self.sandbox.smtp_port}/?from=Usher <hello@usher.example>",
            "SECRET_KEY": "only-for-this-benchmark",
            "OPS_PASSWORD": "only-for-this-benchmark",
            "PORT": str(self.port),
            "SIGNUP_LIMITS": "off",
        }

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    def newsletter_dsn(self, provider: str, **options: int) -> str:
        """The sandbox as `listmonk` or `mailchimp`, with further options of the DSN."""
        more = "".join(f"&{name}={value}" for name, value in options.items())
        where = f"127.0.0.1:{self.sandbox.http_port}/?list={LISTS[provider]}"
        return f"{provider}+http://usher:sandbox@{where}{more}"

    def database(self, name: str) -> str:
        """The URL of a ledger of its own on the same server, made when it is first asked for."""
        with psycopg.connect(self.postgres.admin_url, autocommit=True) as admin:
            if not admin.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).rowcount:
                admin.execute(f"CREATE DATABASE {name} OWNER usher")
                upgrade(self.postgres.database_url(name))
        return self.postgres.database_url(name)

    def admin_url(self, url: str) -> str:
        """The superuser's URL for the database that `url` names: seeding by the million skips the foreign keys' checks."""
        return self.postgres.admin_url.removesuffix("/postgres") + urlsplit(url).path

    def redis_url(self, number: int) -> str:
        """One of the server's databases: what is left in one reaches no worker on another."""
        return f"{self.redis.url.removesuffix('/0')}/{number}"

    def worker(self, *options: str) -> list[str]:
        """The Procfile's worker with further options; the last of two that contradict each other counts."""
        return list(procfile.as_argv(" ".join((self.commands["worker"], *map(shlex.quote, options)))))

    def web(self, module: str = WEBAPP) -> list[str]:
        """The Procfile's web process; with another `module`, the same server around its `create_app`."""
        if module == WEBAPP:
            return list(procfile.as_argv(self.commands["web"]))
        return [str(BIN / "python"), "-m", "tests.bench.served", module]

    @contextmanager
    def running(self, command: Sequence[str], **environment: str) -> Iterator[Child]:
        """Run one of Usher's processes for as long as the block lasts. What it prints is kept in `bench-results/logs`."""
        LOGS.mkdir(parents=True, exist_ok=True)
        environment = self.environment | environment
        with (LOGS / f"{_short(command)}.log").open("ab") as log:
            child = Child.start(command, env=environment, output=log, cwd=ROOT)
        try:
            yield child
        finally:
            child.stop((signal.SIGTERM, STOP_S))

    @contextmanager
    def serving(self, module: str, **environment: str) -> Iterator[str]:
        """A web process of its own around `module`'s application; yields its URL once it answers."""
        port = free_port()
        with self.running(self.web(module), PORT=str(port), **environment):
            url = f"http://127.0.0.1:{port}"
            until(lambda: _answers(f"{url}/livez"), f"the web process of {module}")
            yield url

    def wait_for_web(self) -> None:
        """Return once the web process answers; `TimeoutError` where it does not."""
        until(lambda: _answers(f"{self.url}/readyz"), "the web process")

    def wait_for_worker(self, database_url: str | None = None) -> None:
        """Return once an executor and a relay are on the register, and beating."""
        with psycopg.connect(database_url or self.postgres.url, autocommit=True) as connection:
            until(lambda: _roles(connection) >= {"executor", "relay"}, "a worker")


@contextmanager
def started(*, durable: bool = True) -> Iterator[Stack]:
    """A stack. `durable`: PostgreSQL syncs each commit to the disk, as in production."""
    with ExitStack() as stack:
        yield Stack(stack, durable=durable)


def until(condition: Callable[[], object], what: str, *, within_s: float = START_S, every_s: float = 0.05) -> None:
    """Poll until the condition holds; `TimeoutError` after `within_s` seconds."""
    ends = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} did not come up")
        time.sleep(every_s)


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


def _roles(connection: "psycopg.Connection[tuple[object, ...]]") -> set[object]:
    beating = connection.execute("SELECT role FROM processes WHERE seen_at > now() - interval '3 seconds'")
    return {row[0] for row in beating}


def _short(command: Sequence[str]) -> str:
    """The program, as the name of its log file."""
    names = (Path(word).name for word in " ".join(command).split())
    return next((name for name in names if name in {"celery", "webapp", "tests.bench.served"}), "process")
