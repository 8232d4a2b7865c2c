"""Kombu's Redis transport, less the acknowledgements that nobody waits for.

Our queues are consumed with `no_ack` (see `config.celery`): what a message was about is in the ledger. Celery acknowledges each
message all the same, and kombu's Redis transport then makes a client and asks Redis to remove what was never noted down: a round
trip and a ninth of a busy worker's time for each message. Nothing else of the transport is changed.
"""

from kombu.transport import redis

NAME = f"{__name__}:Transport"
"""What Celery's `broker_transport` is given."""


class Channel(redis.Channel):
    """A channel on which only what was consumed with a promise to acknowledge it is acknowledged."""

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:  # noqa: FBT001, FBT002  # kombu's signature
        """Pass it on, where Redis has a note of that message."""
        try:
            self.qos.get(delivery_tag)
        except KeyError:
            return
        super().basic_ack(delivery_tag, multiple=multiple)


class Transport(redis.Transport):
    """The transport of every connection to the broker."""

    Channel = Channel
