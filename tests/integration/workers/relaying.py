"""Relays at work in threads of the tests, on a real ledger and a real Redis, and what they have published there.

Separate, because what a relay outlives and how it fills its messages are two files of tests. It must never consume.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from celery import Celery
from pydantic import SecretStr
from redis import Redis

from config.celery import options
from config.settings import BrokerSettings
from jobs import registry
from ledger.coalescing import Terms
from workers.relay.relay import Relay
from workers.relay.terms import terms
from workers.relay.wire import Wire

KINDS = registry.load()
QUEUES = ("email", "newsletter")
STOP_S = 10

Start = Callable[..., Relay]


@dataclass(frozen=True, slots=True)
class Published:
    """A message as it lies in its queue."""

    id: UUID
    task: str
    shown: str  # what Flower shows of its arguments
    jobs: list[UUID]


def wire_to(url: str) -> Wire:
    """A wire as a worker's relay has it."""
    app = Celery("test")
    app.conf.update(options(BrokerSettings(redis_url=SecretStr(url)), KINDS.queues()))
    return Wire(app)


@contextmanager
def relaying(
    ledger_url: str,
    redis_url: str,
    *,
    queues: Sequence[str] = QUEUES,
    window: int = 500,
    terms: Sequence[Terms] = tuple(terms(KINDS, {})),
    connections: Mapping[str, int] | None = None,
) -> Iterator[Relay]:
    """A relay at work in a thread; it must end soon after it is told to."""
    wire = wire_to(redis_url)
    relay = Relay(
        ledger_url,
        wire,
        terms,
        queues,
        window=window,
        connections=connections or {},
        prune_after=timedelta(days=30),
        unanswered_after=timedelta(days=37),
    )
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    yield relay
    relay.stop()
    thread.join(STOP_S)
    wire.close()
    assert not thread.is_alive(), "it did not stop"


def messages_in(broker: Redis, queue: str = "newsletter") -> list[Published]:
    """The messages that lie in the queue, newest first."""
    return [_read(message) for message in broker.lrange(queue, 0, -1)]


def published(broker: Redis, queue: str = "newsletter") -> list[UUID]:
    """The jobs that the messages in the queue name."""
    return [job for message in messages_in(broker, queue) for job in message.jobs]


def _read(message: bytes) -> Published:
    read = json.loads(message)
    headers = read["headers"]
    args, *_ = json.loads(base64.b64decode(read["body"]))
    return Published(UUID(headers["id"]), headers["task"], headers["argsrepr"], [UUID(one) for one in args[0]])
