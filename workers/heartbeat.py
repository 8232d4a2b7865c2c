"""Saying that one is alive: a thread that renews one row, on a session of its own, for as long as its process lasts.

On a session of its own because a pool that is used up must not look like a death.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg

from ledger.connection import Connection, session
from ledger.processes import BEAT_S, Broker, Role, beat, leave

logger = logging.getLogger(__name__)


class Heartbeat:
    """One process's row on the register. `broker` says, each time, what to report of the broker."""

    def __init__(
        self,
        url: str,
        process_id: UUID,
        *,
        role: Role,
        host: str,
        pid: int,
        queues: Sequence[str],
        kinds: Sequence[str] = (),
        broker: Callable[[], Broker] = lambda: "unasked",
        hands: int = 0,
    ) -> None:
        self._url = url
        self._id = process_id
        self._role: Role = role
        self._host = host
        self._pid = pid
        self._queues = queues
        self._kinds = kinds
        self._broker = broker
        self._hands = hands
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="usher-heartbeat", daemon=True)
        self._connection: Connection | None = None

    def start(self) -> None:
        """Beat once now, where the ledger can be reached, and from then on in the background."""
        self._try()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and take the process off the register."""
        self._stopping.set()
        self._thread.join(timeout=BEAT_S)
        with contextlib.suppress(psycopg.Error):
            leave(self._session(), self._id)
        self._drop()

    def _keep_beating(self) -> None:
        while not self._stopping.wait(BEAT_S):
            self._try()

    def _try(self) -> None:
        try:
            beat(
                self._session(),
                self._id,
                role=self._role,
                host=self._host,
                pid=self._pid,
                queues=self._queues,
                kinds=self._kinds,
                broker=self._broker(),
                hands=self._hands,
            )
        except psycopg.Error as error:
            logger.warning("heartbeat: the ledger is away (%s)", type(error).__name__)
            self._drop()

    def _session(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = session(self._url, name=f"usher-{self._role}-heartbeat")
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
        self._connection = None
