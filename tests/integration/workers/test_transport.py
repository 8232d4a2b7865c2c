"""The broker's transport: what was consumed with no promise to acknowledge it costs Redis no further command, and all else is kombu's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from kombu import Connection, Exchange, Message, Queue
from redis import Redis

from tests.waiting import eventually
from workers import transport

REMOVALS = ("cmdstat_zrem", "cmdstat_hdel")
SAY_HOW = """
from workers.celery import app
connection = app.connection_for_read()
transport = connection.get_transport_cls()
print(transport.__module__, connection.as_uri(include_password=True), bool(connection.ssl))
"""


@pytest.fixture
def connection(redis_url: str) -> Iterator[Connection]:
    with Connection(redis_url, transport=transport.NAME) as connection:
        yield connection


def removals(broker: Redis) -> int:
    """How often anybody has asked this Redis to remove a note."""
    stats: dict[str, Any] = broker.info("commandstats")
    return sum(stats[one]["calls"] for one in REMOVALS if one in stats)


def consume(connection: Connection, *, no_ack: bool) -> Message:
    """Send a message and receive it."""
    queue = Queue("transported", Exchange("transported"), routing_key="transported", no_ack=no_ack)
    received: list[Message] = []
    connection.Producer().publish({}, exchange=queue.exchange, routing_key="transported", declare=[queue])
    with connection.Consumer([queue], on_message=received.append):
        eventually(lambda: received or connection.drain_events(timeout=1))
    (message,) = received
    return message


def test_nothing_is_removed_for_a_message_of_which_no_note_was_made(connection: Connection, broker: Redis) -> None:
    message = consume(connection, no_ack=True)
    assert broker.hlen("unacked") == 0
    before = removals(broker)
    message.ack()
    assert message.acknowledged
    assert removals(broker) == before


def test_a_message_that_was_noted_down_is_acknowledged_as_ever(connection: Connection, broker: Redis) -> None:
    message = consume(connection, no_ack=False)
    assert (broker.hlen("unacked"), broker.zcard("unacked_index")) == (1, 1)
    message.ack()
    assert (broker.hlen("unacked"), broker.zcard("unacked_index")) == (0, 0)


@pytest.mark.parametrize(("url", "tls"), [("redis://:pw@h:1/2", False), ("rediss://:pw@h:1/2", True)])
def test_what_a_url_says_of_the_broker_holds(url: str, tls: bool) -> None:  # noqa: FBT001  # parametrized
    """In a process of its own, since kombu remembers what a scheme means. Flower goes by the URL that the connection gives."""
    said = subprocess.run(
        [sys.executable, "-c", SAY_HOW],
        env={**os.environ, "REDIS_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == [transport.__name__, url, str(tls)]
