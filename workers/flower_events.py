"""Celery's task events, for Flower: sent a few times a second, all that have come together, instead of three messages for each task.

A quarter of a busy worker's time went into them. Flower shows a task a moment later; the ledger, which is the truth, waits for
none of this.

What Celery does at once has an effect beside that one, on which it relies without saying so: it wakes the worker's loop, which else would not see before its
next timer that a hand is free again. So the loop is woken here, where it has found every hand taken.
"""

from typing import Any

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks

EVERY_S = 0.2
MOST = 1_000
"""Events that may come together before whoever adds one sends them all: a flood must not fill the memory."""


class GroupedEvents(bootsteps.StartStopStep):
    """A step of Celery's consumer: after those that open the events' own connection and begin to consume."""

    requires = (Tasks,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._entry: Any = None
        self._awaits_a_hand = False
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """At each connection to the broker, since each brings a dispatcher of its own."""
        self._forget(consumer)
        dispatcher = consumer.event_dispatcher
        if consumer.hub is None or dispatcher is None or not dispatcher.enabled:
            return
        self._watch(consumer.task_consumer.channel.qos)
        dispatcher.on_send_buffered = lambda: self._wake(consumer.hub)
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

    def _watch(self, qos: Any) -> None:
        """Note when the loop is told that it may not consume."""
        may_consume = qos.can_consume

        def can_consume() -> bool:
            self._awaits_a_hand = True  # before it is asked: a hand that is freed meanwhile would wake nobody
            self._awaits_a_hand = not may_consume()
            return not self._awaits_a_hand

        qos.can_consume = can_consume

    def _wake(self, hub: Any) -> None:
        """In whichever thread a task has begun or ended."""
        if self._awaits_a_hand:
            self._awaits_a_hand = False
            hub.call_soon(_nothing)

    def _forget(self, consumer: Any) -> None:
        if self._entry is not None:
            consumer.timer.cancel(self._entry)
            self._entry = None


def _nothing() -> None:
    """What the loop is woken for: it looks at its hands whenever it has been."""
