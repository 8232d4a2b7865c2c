"""A worker's beginnings and ends, in Celery's own signals: settings, preflight, executors, and the tie to one's parent."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from celery import Celery, signals

from config.logging import configure
from config.settings import WorkerSettings, load_or_exit
from ledger.connection import Connection, session
from workers import preflight, revocation, tether
from workers.executor import Executors
from workers.flower_events import GroupedEvents
from workers.keeper import RelayKeeper
from workers.last_call import hand_back_for_children
from workers.runner import Runner
from workers.watchdog import Watchdog

logger = logging.getLogger(__name__)

PREFORK = "prefork"
GRACE_S = 7.0
"""From SIGTERM to the end: platforms send SIGKILL after ten seconds, and handing back takes a moment."""


class Lifecycle:
    """What a worker has while it lives."""

    def __init__(self) -> None:
        self._settings: WorkerSettings | None = None
        self._executors: Executors | None = None
        self._forks = False

    def runner(self) -> Runner:
        """The runner of the executing process."""
        assert self._executors is not None, "a task ran outside a worker"
        return self._executors.current().runner

    def session(self) -> Connection:
        """A session to the ledger for the worker's own remote control."""
        assert self._settings is not None, "remote control outside a worker"
        return session(self._settings.database_url.get_secret_value(), name="usher-remote-control")

    def setting_up_logging(self, loglevel: str | int | None = None, **_: Any) -> None:
        """Celery asks: our own format, at the level of its `--loglevel`."""
        configure("worker", level=loglevel or "INFO")  # type: ignore[arg-type]  # a number is as good as a name

    def parsed(self, conf: Any, options: Any, **_: Any) -> None:
        """Celery has read its command line."""
        preflight.check_queues(options.get("queues"), [queue.name for queue in conf.task_queues])
        preflight.check_concurrency(options.get("concurrency"), options.get("autoscale"))

    def initializing(self, sender: Any, **_: Any) -> None:
        """The worker is about to start: read the rest of the settings, and refuse what cannot work."""
        settings = self._settings = load_or_exit(WorkerSettings)
        preflight.check(settings)
        preflight.check_pool(str(sender.pool_cls))
        self._forks = PREFORK in str(sender.pool_cls) or "processes" in str(sender.pool_cls)
        queues = sorted(sender.app.amqp.queues.consume_from)
        self._executors = Executors(settings, queues=queues, hands=lambda: 1 if self._forks else _hands(sender))

    def ready(self, **_: Any) -> None:
        """The worker consumes: without children, it is itself the executor."""
        if self._executors is not None and not self._forks:
            self._executors.current()

    def child_started(self, **_: Any) -> None:
        """A prefork child: it must not outlive its worker."""
        tether.tie(os.getppid())
        if self._executors is not None:
            self._executors.current()

    def shutting_down(self, **_: Any) -> None:
        """SIGTERM: what is in flight has a while to finish; then the worker ends all the same, and hands it back."""
        if self._executors is not None:
            self._executors.hand_back_the_rest()
        threading.Thread(target=self._last_call, name="usher-last-call", daemon=True).start()

    def ending(self, **_: Any) -> None:
        """The worker, or a child, ends in good order."""
        if self._executors is not None:
            self._executors.stop()

    def _last_call(self) -> None:
        threading.Event().wait(GRACE_S)
        logger.warning("still busy after %.0f s; handing back what is unfinished", GRACE_S)
        self.ending()
        if self._settings is not None and self._forks:
            hand_back_for_children(self._settings.database_url.get_secret_value())
        os._exit(0)


def _hands(worker: Any) -> int:
    """How many tasks the worker carries out at once. Known once it has started."""
    return int(worker.max_concurrency or worker.concurrency)


def attach(app: Celery) -> Callable[[], Runner]:
    """Give the app its relay keeper and its lifecycle; returns how a task finds its runner."""
    life = Lifecycle()
    app.steps["worker"].add(RelayKeeper)
    app.steps["worker"].add(Watchdog)
    app.steps["consumer"].add(GroupedEvents)
    revocation.install(life.session)
    signals.setup_logging.connect(life.setting_up_logging, weak=False)
    signals.celeryd_init.connect(life.parsed, weak=False)
    signals.worker_init.connect(life.initializing, weak=False)
    signals.worker_ready.connect(life.ready, weak=False)
    signals.worker_process_init.connect(life.child_started, weak=False)
    signals.worker_shutting_down.connect(life.shutting_down, weak=False)
    signals.worker_process_shutdown.connect(life.ending, weak=False)
    signals.worker_shutdown.connect(life.ending, weak=False)
    return life.runner
