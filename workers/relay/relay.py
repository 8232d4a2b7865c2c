"""The relay: takes due jobs out of the ledger and publishes them, a bounded window for each queue its worker consumes.

Woken by the bell, polling as the safety net. Any number may run at once. It holds nothing: whatever happens to it, the
ledger knows what is due and what is out.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ledger.circuits import probe
from ledger.coalescing import Terms
from ledger.connection import Connection, session
from ledger.lease import lease
from ledger.messages import give_back
from ledger.processes import Broker
from ledger.wakeup import Ear
from workers.persistence import AWAY
from workers.relay.warden import Warden
from workers.relay.wire import Wire, WireDownError

logger = logging.getLogger(__name__)

POLL_S = 0.25  # the longest a due job waits when no bell rings
BUSY_POLL_S = 0.01  # while a window is full: room comes without a bell
AHEAD = 4
"""Messages of a queue that lie on the wire: enough that no hand waits for the relay, and few, so that what becomes due meanwhile is
put together instead of queueing behind them."""

WIRE_REST_S = 0.5  # between looks at a broker that is away
LEDGER_REST_S = 0.5


class Relay:
    """One relay's work, until told to stop."""

    def __init__(
        self,
        url: str,
        wire: Wire,
        terms: Sequence[Terms],
        queues: Sequence[str],
        *,
        window: int,
        connections: Mapping[str, int],
        prune_after: timedelta,
        unanswered_after: timedelta,
    ) -> None:
        self._url = url
        self._wire = wire
        self._queues = queues
        self._terms = terms  # of all kinds: a job stays on the queue it was owed on, wherever its kind goes today
        self._window = window
        self._connections = connections
        self._warden = Warden(queues, terms, prune_after=prune_after, unanswered_after=unanswered_after)
        self._stopping = threading.Event()
        self._broker: Broker = "down"

    def broker(self) -> Broker:
        """What the broker was when last spoken to."""
        return self._broker

    def stop(self) -> None:
        """Make `run` return soon. Safe from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Relay until stopped; outlive every outage of ledger and broker."""
        while not self._stopping.is_set():
            try:
                self._serve()
            except AWAY as error:
                logger.warning("the ledger is away (%s); waiting for it", type(error).__name__)
                self._warden.blinded()
                self._stopping.wait(LEDGER_REST_S)

    def _serve(self) -> None:
        """For as long as the ledger can be reached."""
        with session(self._url, name="usher-relay") as connection:
            ear = Ear(self._url)
            try:
                while not self._stopping.is_set():
                    ear.wait(self._round(connection))
            finally:
                ear.close()

    def _round(self, connection: Connection) -> float:
        """Publish what is due; returns how long to wait for the bell."""
        try:
            if self._broker == "down":
                self._wire.ping()
                logger.info("the broker is up; serving %s", ", ".join(self._queues))
                self._broker = "up"
            full = [self._relay(connection, queue) for queue in self._queues]
            self._warden.look(connection, self._wire)
        except WireDownError as error:
            if self._broker == "up":
                logger.warning("the broker is down (%s); the ledger keeps what is due", error)
            self._broker = "down"
            return WIRE_REST_S
        return BUSY_POLL_S if any(full) else POLL_S

    def _relay(self, connection: Connection, queue: str) -> bool:
        """Fill the queue's window; True where there may be more than it has room for."""
        turn = lease(
            connection,
            queue,
            terms=self._terms,
            window=self._window,
            connections=self._connections,
            ahead=AHEAD,
        )
        probes = probe(connection, queue, terms=self._terms) if turn.troubled else []
        messages = [*probes, *turn.messages]
        if messages:
            try:
                self._wire.publish(queue, messages)
            except WireDownError:
                give_back(connection, [message.id for message in messages])
                raise
        return turn.full
