"""Usher's nodes in pytest-celery's terms: a broker and workers, on containers or on local processes alike.

Here is what pytest-celery has to be told of Usher: how its worker is started and named, that a restart begins a new log, and
where its processes are. It must never ask which of the two kinds it stands on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import celery
import psutil
from pytest_celery import CeleryTestWorker, CeleryWorkerContainer, RedisContainer
from redis import RedisError

from tests.waiting import eventually

READY_S = 45  # two workers on a busy machine; one alone takes two to three seconds
COLUMNS = ["pid", "name", "username", "cmdline", "cpu_percent", "memory_percent", "create_time"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A worker that a module wants: `celery worker` with these options."""

    pool: str = "threads"
    concurrency: int = 8
    queues: str = ""  # as after -Q; empty for all of them

    def arguments(self, name: str) -> list[str]:
        """The command, after `celery -A workers`."""
        chosen = ["-Q", self.queues] if self.queues else []
        return ["worker", "-P", self.pool, "-c", str(self.concurrency), "-n", name, "-l", self.log_level(), *chosen]

    def env(self, name: str) -> dict[str, str]:
        """What the node is asked about later, and only its environment can say."""
        return {"NODE_NAME": name, "NODE_QUEUES": self.queues}

    @staticmethod
    def log_level() -> str:
        """As in the Procfile."""
        return "info"


class UsherWorkerContainer(CeleryWorkerContainer):
    """A container, or a process, with an Usher worker in it."""

    def __init__(self, container: Any) -> None:
        super().__init__(container)
        self._earlier = 0

    def logs(self) -> str:
        """What it has printed since it was last started: the `ready.` of an earlier life means nothing."""
        return super().logs()[self._earlier :]

    def begin_restart(self, timeout: float = 10) -> None:
        """Restart, and do not wait until it is ready: several can start side by side."""
        self._earlier = len(super().logs())
        self._container.restart(timeout=timeout)

    def restart(self, timeout: float = 10) -> None:
        """Restart, and return when it is ready."""
        self.begin_restart(timeout)
        assert self.ready()

    def ready(self) -> bool:
        """Wait until the worker says so. The base class wants an address first; on the machine's network there is none."""
        prompt = f"{self.worker_name()} {self.ready_prompt}"
        eventually(lambda: prompt in self.logs() or self.ended(), within=READY_S)
        assert not self.ended(), f"the worker did not start (exit code {self.exit_code}):\n{self.logs()}"
        return True

    def ended(self) -> bool:
        """Whether its main process is gone."""
        self.reload()
        return self.status == "exited"

    @property
    def pid(self) -> int:
        """Of the worker's main process."""
        self.reload()
        return int(self.attrs["State"]["Pid"])

    @property
    def exit_code(self) -> int:
        """Of its last life."""
        self.reload()
        return int(self.attrs["State"]["ExitCode"])

    def worker_name(self) -> str:
        """The whole name, with the host part."""
        return self.env["NODE_NAME"]

    def worker_queue(self) -> str:
        """As after -Q; empty for all queues."""
        return self.env["NODE_QUEUES"]

    @classmethod
    def log_level(cls) -> str:
        return Wanted.log_level()

    @classmethod
    def version(cls) -> str:
        return celery.__version__

    def teardown(self) -> None:
        """End it, and all that belongs to it, without ceremony."""
        self._container.remove(force=True)


class UsherWorker(CeleryTestWorker):
    """A worker node; its family is the worker, its relay and, with prefork, its pool children."""

    def hostname(self) -> str:
        """The name under which the worker answers remote control and sends events."""
        return self.worker_name

    @property
    def pid(self) -> int:
        """Of the worker's main process."""
        return self.container.pid

    def get_running_processes_info(
        self,
        columns: list[str] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """As in the base class, of this worker's processes."""
        found = [process.as_dict(columns or COLUMNS) for process in self.family()]
        return [one for one in found if all(one.get(key) == value for key, value in (filters or {}).items())]

    def family(self) -> list[psutil.Process]:
        """The worker's processes, itself first."""
        worker = psutil.Process(self.pid)
        return [worker, *worker.children(recursive=True)]

    def relays(self) -> list[psutil.Process]:
        """Its relay, in a list that is empty for the moment in which there is none."""
        return [one for one in self.family() if "workers.relay" in _command(one)]


class UsherRedisContainer(RedisContainer):
    """A container, or a process, with a Redis in it whose address is in its environment."""

    @property
    def url(self) -> str:
        return self.env["URL"]

    @property
    def host_url(self) -> str:
        return self.env["URL"]

    @property
    def hostname(self) -> str:
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)

    def ready(self) -> bool:
        """Wait until it answers."""
        return eventually(self._answers, within=READY_S)

    def teardown(self) -> None:
        """End it without ceremony."""
        self._container.remove(force=True)

    def _answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except RedisError:
            return False


def start_again(*workers: UsherWorker) -> None:
    """Start those of the workers that have ended, side by side, and return when they are ready."""
    ended = [worker for worker in workers if worker.container.ended()]
    for worker in ended:
        worker.container.begin_restart()
    for worker in ended:
        assert worker.ready()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended in between
        return []
