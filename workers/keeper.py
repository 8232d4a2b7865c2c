"""The keeper of the relay: a Celery bootstep that starts the relay as a process of its own and starts it again if it dies.

As Celery's `-B` does with beat. A process and not a thread, because the two would fight for the GIL: commit to start
takes 5 ms with a process and 47 ms with a thread.
"""

import logging
import os
import subprocess
import sys
import threading
from typing import Any

from celery import bootsteps

logger = logging.getLogger(__name__)

LOOK_S = 0.5  # how often it looks whether the worker's queues have changed
FIRST_PAUSE_S = 0.1  # before the relay is started again
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0  # a relay that lasted so long has earned the first pause again
STOP_S = 3.0


class RelayKeeper(bootsteps.StartStopStep):
    """Keeps one relay for the queues its worker consumes."""

    requires = ("celery.worker.components:Pool",)  # forked children come first: none of them inherits the relay

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, parent: Any) -> None:
        """Start keeping."""
        self._thread = threading.Thread(target=self._keep, args=(parent,), name="usher-relay-keeper", daemon=True)
        self._thread.start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002  # Celery passes it
        """Stop the relay and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP_S + 1)

    terminate = stop

    def _keep(self, worker: Any) -> None:
        pause = FIRST_PAUSE_S
        while not self._stopping.is_set():
            lasted = self._watch(worker, _queues(worker))
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE_S if lasted > STEADY_S else min(pause * 2, LONGEST_PAUSE_S)
            self._stopping.wait(pause)

    def _watch(self, worker: Any, queues: list[str]) -> float:
        """One relay's life; returns about how many seconds it lasted."""
        try:
            relay = subprocess.Popen(
                [sys.executable, "-m", "workers.relay", "--queues", ",".join(queues), "--parent", str(os.getpid())],
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:  # no process, memory or file to be had just now: this thread must outlive it
            logger.error("the relay cannot be started (%s); it is tried again", error.strerror)  # noqa: TRY400  # its traceback says no more
            return 0.0
        lasted = 0.0
        while not self._stopping.is_set():
            try:
                code = relay.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                lasted += LOOK_S
                if queues != _queues(worker):
                    logger.info("the worker's queues have changed; the relay starts again with %s", _queues(worker))
                    _end(relay)
                    return STEADY_S + 1
            else:
                logger.error("the relay ended with exit code %d; it is started again", code)
                return lasted
        _end(relay)
        return lasted


def _queues(worker: Any) -> list[str]:
    return sorted(worker.app.amqp.queues.consume_from)


def _end(relay: subprocess.Popen[bytes]) -> None:
    relay.terminate()
    try:
        relay.wait(STOP_S)
    except subprocess.TimeoutExpired:
        relay.kill()
        relay.wait()
