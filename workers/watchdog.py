"""The watchdog: no worker lives on without consuming. A Celery bootstep that watches progress, says so, and mends it.

First it cuts the consumer's connections, upon which Celery connects anew; if that does not help, the worker hands back
what it holds and ends, and whoever started it starts another.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from typing import Any

import redis
from celery import bootsteps, signals
from celery.worker import state

from workers.progress import STUCK_S, Progress, Sight

logger = logging.getLogger(__name__)

LOOK_S = 1.0
EXIT_STUCK = 75  # EX_TEMPFAIL of sysexits.h: start me again


class Watchdog(bootsteps.StartStopStep):
    """Watches this worker's consumer."""

    # Not the consumer itself: it is Celery's last step, requiring all others, and of two steps that require each other
    # Celery drops one without a word, in half of the starts the consumer.
    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._stopping = threading.Event()

    def start(self, parent: Any) -> None:
        """Start watching."""
        threading.Thread(target=self._watch, args=(parent,), name="usher-watchdog", daemon=True).start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002  # Celery passes it
        """A worker that is stopping takes nothing any more, and rightly so."""
        self._stopping.set()

    terminate = stop

    def _watch(self, worker: Any) -> None:
        progress, cut = Progress(), False
        client = redis.Redis.from_url(worker.app.conf.broker_url, socket_timeout=2, socket_connect_timeout=2)
        while not self._stopping.wait(LOOK_S):
            try:
                stuck = progress.stuck_for(look(worker, client), time.monotonic())
            except redis.RedisError:
                continue  # a broker that is away keeps everybody waiting
            if not stuck:
                cut = False
            elif stuck >= STUCK_S and not cut:
                logger.error("there is work and this worker takes none; cutting its connections to the broker")
                cut_connections(worker)
                cut = True
            elif stuck >= 2 * STUCK_S:
                logger.critical("this worker does not consume; it ends, to be started again")
                end(worker)


def look(worker: Any, client: "redis.Redis") -> Sight:
    """What can be seen of the worker right now. Raises `redis.RedisError`."""
    queues = list(worker.app.amqp.queues.consume_from)
    waiting = sum(int(client.llen(queue)) for queue in queues)
    hands = worker.max_concurrency or worker.concurrency
    return Sight(waiting, state.all_total_count[0], idle=len(state.reserved_requests) < hands)


def cut_connections(worker: Any) -> None:
    """Shut down the sockets the consumer polls: its loop ends with a connection error, and Celery starts it anew."""
    with contextlib.suppress(AttributeError, OSError):
        for descriptor in list(worker.consumer.connection.transport.cycle._fd_to_chan):  # noqa: SLF001  # kombu has no other way
            with socket.socket(fileno=os.dup(descriptor)) as polled:
                polled.shutdown(socket.SHUT_RDWR)


def end(worker: Any) -> None:
    """End this process; what it holds is handed back on the way, as at any end."""
    signals.worker_shutdown.send(sender=worker)
    os._exit(EXIT_STUCK)
