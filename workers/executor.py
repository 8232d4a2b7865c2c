"""This process, as one that executes jobs: its name on the register, its heartbeat, its pool and its providers.

One for each executing process, whichever pool Celery runs: each child under prefork, the worker itself otherwise.
"""

import logging
import mmap
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

from config.settings import WorkerSettings
from jobs.links import Links
from ledger.connection import open_pool
from ledger.handback import hand_back
from workers.carrier import Carrier
from workers.heartbeat import Heartbeat
from workers.persistence import AWAY
from workers.providers.adapter import Adapter, connect
from workers.providers.dsn import BadDsnError
from workers.runner import Runner, intent_of
from workers.writer import Writer

logger = logging.getLogger(__name__)

POOL_WAIT_S = 2.0
MOST_SESSIONS = 8
"""Claims take a millisecond each, and one thread writes for all: a few sessions serve many threads."""


def providers(settings: WorkerSettings) -> dict[str, Adapter]:
    """The adapter of each channel that is on, by name. Raises `BadDsnError` naming the variable."""
    found: dict[str, Adapter] = {}
    for name in ("newsletter", "email"):
        variable = f"{name}_dsn"
        try:
            found[name] = connect(getattr(settings, variable).get_secret_value())
        except BadDsnError as error:
            example = (type(settings).model_fields[variable].examples or [""])[0]
            raise BadDsnError(f"{variable.upper()}: {error}; e.g. {variable.upper()}={example}") from None
    return found


def links(settings: WorkerSettings) -> Links:
    """What mails point to."""
    return Links(settings.public_url, settings.secret_key.get_secret_value())


class Executor:
    """Starts with its process's first job at the latest, and lasts as long as the process."""

    def __init__(
        self, settings: WorkerSettings, *, queues: list[str], hands: int, stopping: Callable[[], bool]
    ) -> None:
        self.id: UUID = uuid4()
        url = settings.database_url.get_secret_value()
        self._pool = open_pool(url, name="usher-executor", size=min(MOST_SESSIONS, hands + 1), wait_s=POOL_WAIT_S)
        self._providers = providers(settings)
        self._heartbeat = Heartbeat(
            url,
            self.id,
            role="executor",
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=queues,
            hands=hands,
        )
        writer = Writer(self._pool, self.id)
        carrier = Carrier(self._pool, self._providers, links(settings), partial(intent_of, writer), stopping)
        self.runner = Runner(self.id, self._pool, carrier, writer)

    def start(self) -> None:
        """Enter the register, so that a job is never claimed by somebody nobody watches."""
        self._heartbeat.start()

    def stop(self) -> None:
        """Hand back what is unfinished, leave the register, close what is open. Every step may fail: others take over."""
        try:
            with self._pool.connection() as connection:
                if count := hand_back(connection, [self.id]):
                    logger.warning("executor %s hands back %d jobs it could not finish", self.id, count)
        except AWAY as error:
            logger.warning(
                "executor %s: the ledger is away (%s); its jobs are taken over", self.id, type(error).__name__
            )
        self._heartbeat.stop()
        for provider in self._providers.values():
            provider.close()
        self._pool.close(timeout=1.0)


class _Stopping:
    """Whether to stop: a byte that is shared with the processes forked off later, since the signal to stop reaches none of them.

    And no lock, which a child that is killed might keep.
    """

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] == 1


class Executors:
    """The executor of this process: made once, made again after a fork."""

    def __init__(self, settings: WorkerSettings, *, queues: list[str], hands: Callable[[], int]) -> None:
        self._settings = settings
        self._queues = queues
        self._hands = hands
        self._stopping = _Stopping()
        self._lock = threading.Lock()
        self._made: tuple[int, Executor] | None = None

    def current(self) -> Executor:
        """This process's executor, started."""
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                executor = Executor(
                    self._settings, queues=self._queues, hands=self._hands(), stopping=self._stopping.is_set
                )
                executor.start()
                self._made = (os.getpid(), executor)
                logger.info("executor %s serves %s", executor.id, ", ".join(self._queues))
            return self._made[1]

    def hand_back_the_rest(self) -> None:
        """From now on jobs that have not begun are handed back: the call in hand is each batch's last."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop this process's executor, where there is one."""
        with self._lock:
            if self._made is not None and self._made[0] == os.getpid():
                self._made[1].stop()
            self._made = None
