"""Kombu's Redis transport, less the acknowledgements that nobody waits for.

Our queues are consumed with `no_ack` (see `config.celery`): what a message was about is in the ledger. Celery acknowledges each
message all the same, and kombu's Redis transport then makes a client and asks Redis to remove what was never noted down: a round
trip and a ninth of a busy worker's time for each message. Nothing else of the transport is changed.

It goes by kombu's own names. Under one of ours (Celery's `broker_transport`) kombu would not see the `rediss` of a URL any more and
speak to Redis, the password first, without TLS; and Flower would not know what the broker is.
"""

from kombu.transport import TRANSPORT_ALIASES, redis

SCHEMES = ("redis", "rediss")
NAME = f"{__name__}:Transport"


def install() -> None:
    """From now on this is kombu's transport for every URL that begins with one of SCHEMES. Before the first connection is made."""
    TRANSPORT_ALIASES.update(dict.fromkeys(SCHEMES, NAME))


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
