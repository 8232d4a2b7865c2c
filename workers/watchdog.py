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
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
                cut_connections(worker.app.conf.broker_url)
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


def cut_connections(url: str) -> None:
    """Shut down every socket of this process that leads to the broker: whatever waits on one fails, and connects anew.

    All of them, and not only the one the consumer polls: on its way to a new start it talks on the others, and would wait
    there instead.
    """
    parts = urlsplit(url)
    broker = {found[4][:2] for found in socket.getaddrinfo(parts.hostname, parts.port or 6379, type=socket.SOCK_STREAM)}
    for descriptor in Path("/dev/fd").iterdir():
        with contextlib.suppress(OSError), _socket(int(descriptor.name)) as one:
            if one.getpeername()[:2] in broker:
                one.shutdown(socket.SHUT_RDWR)


def _socket(descriptor: int) -> socket.socket:
    """The socket behind a descriptor of this process. Raises `OSError` where there is none, or something else."""
    copy = os.dup(descriptor)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def end(worker: Any) -> None:
    """End this process; what it holds is handed back on the way, as at any end."""
    signals.worker_shutdown.send(sender=worker)
    os._exit(EXIT_STUCK)
