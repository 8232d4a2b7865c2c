"""The wire: publishing job ids through Celery, and looking whether they are still there.

The only place that speaks to the broker on our own accord. Every call is bounded in time and raises `WireDownError`,
so that a Redis that is away, frozen or full is one case and not seven.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import redis
from celery import Celery
from kombu.exceptions import KombuError

from config.celery import PUBLISH_TIMEOUT_S
from ledger.messages import Message


class WireDownError(Exception):
    """The broker did not take it, or did not answer; the text is the kind of error only."""


class Wire:
    """One connection to the broker, opened when needed."""

    def __init__(self, app: Celery) -> None:
        self._connection = app.connection_for_write(
            transport_options={
                **app.conf.broker_transport_options,
                "socket_timeout": PUBLISH_TIMEOUT_S,
                "socket_connect_timeout": PUBLISH_TIMEOUT_S,
            },
        )
        self._app = app
        self._producer: Any = None

    def publish(self, queue: str, messages: Sequence[Message]) -> None:
        """Publish these, all in one round trip. A message's id is its task id.

        Where this raises, any number of them may have arrived all the same: harmless, since a message claims nothing
        unless its job is queued.
        """
        with self._errors():
            producer = self._open()
            with producer.batch():
                for message in messages:
                    self._app.send_task(
                        message.kind,
                        args=[[str(job) for job in message.jobs]],
                        argsrepr=f"({len(message.jobs)} jobs)" if len(message.jobs) > 1 else f"({message.jobs[0]})",
                        task_id=str(message.id),
                        queue=queue,
                        producer=producer,
                        retry=False,
                        ignore_result=True,
                    )

    def waiting(self, queue: str) -> set[UUID]:
        """The ids of the messages that lie in `queue`."""
        with self._errors():
            self._open()
            messages = self._redis().lrange(queue, 0, -1)
        return {found for message in messages if (found := _task_id(message)) is not None}

    def ping(self) -> None:
        """Raise unless the broker answers. Whether it takes what it is sent, only sending tells."""
        with self._errors():
            self._open()
            self._redis().ping()

    def close(self) -> None:
        """Hang up."""
        self._producer = None
        with contextlib.suppress(Exception):
            self._connection.release()

    def _open(self) -> Any:
        if self._producer is None:
            self._connection.ensure_connection(max_retries=1, timeout=int(PUBLISH_TIMEOUT_S))
            self._producer = self._app.amqp.Producer(self._connection, auto_declare=False)
        return self._producer

    def _redis(self) -> Any:
        channel: Any = self._connection.default_channel
        return channel.client

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, KombuError, OSError) as error:
            self.close()
            raise WireDownError(type(error).__name__) from None


def _task_id(message: bytes) -> UUID | None:
    """The task id of one message as kombu lays it into the list; None where it is not ours or cannot be read."""
    try:
        return UUID(str(json.loads(message)["headers"]["id"]))
    except (ValueError, KeyError, TypeError):
        return None
