"""Celery's task events, for Flower: sent a few times a second, all that have come together, instead of three messages for each task.

A quarter of a busy worker's time went into them. Flower shows a task a moment later; the ledger, which is the truth, waits for
none of this.
"""

from typing import Any

from celery import bootsteps
from celery.worker.consumer.events import Events

EVERY_S = 0.2
MOST = 1_000
"""Events that may come together before whoever adds one sends them all: a flood must not fill the memory."""


class GroupedEvents(bootsteps.StartStopStep):
    """A step of Celery's consumer: after the one that opens the events' own connection."""

    requires = (Events,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._entry: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """At each connection to the broker, since each brings a dispatcher of its own."""
        self._forget(consumer)
        dispatcher = consumer.event_dispatcher
        if consumer.hub is None or dispatcher is None or not dispatcher.enabled:
            return
        dispatcher.on_send_buffered = None
        dispatcher.buffer_limit = MOST
        self._entry = consumer.timer.call_repeatedly(EVERY_S, consumer._flush_events)  # noqa: SLF001  # what Celery itself would call at once

    def stop(self, consumer: Any) -> None:
        """Send what is left. What ends from now on, while the pool drains, is sent at once as Celery does it: no timer would send it."""
        dispatcher = consumer.event_dispatcher
        if self._entry is not None and dispatcher is not None:
            dispatcher.on_send_buffered = consumer.on_send_event_buffered
        self._forget(consumer)
        if dispatcher is not None:
            dispatcher.flush()

    def _forget(self, consumer: Any) -> None:
        if self._entry is not None:
            consumer.timer.cancel(self._entry)
            self._entry = None
