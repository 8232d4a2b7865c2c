"""Dramatiq: its Redis broker with the middleware it comes with, the retries among it (20 of them, by exponential backoff).

Only the first pause is shorter than the usual 15 s, so that a run can wait for it. Results are kept nowhere, as by default.
"""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.bench.peers.apps import call, ready


class _Herald(dramatiq.Middleware):
    after_worker_boot = ready.say


broker = RedisBroker(url=os.environ["REDIS_URL"])
broker.add_middleware(_Herald())
dramatiq.set_broker(broker)


@dramatiq.actor(max_retries=20, min_backoff=1000, max_backoff=5000)
def subscribe(address: str) -> None:
    """One call."""
    call.deliver(address)


def enqueue(addresses: list[str]) -> None:
    """One at a time: it has no way to send many at once."""
    for address in addresses:
        subscribe.send(address)
