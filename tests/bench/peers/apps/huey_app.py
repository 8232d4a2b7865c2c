"""Huey: its Redis storage with the blocking pop it has by default, no results, retries with backoff as its guide shows."""

import os

from huey import RedisHuey

from tests.bench.peers.apps import call, ready

huey = RedisHuey("bench", url=os.environ["REDIS_URL"], results=False)
huey.on_startup()(ready.say)  # once for each worker


@huey.task(retries=20, retry_delay=1)
def subscribe(address: str) -> None:
    """One call."""
    call.deliver(address)


def enqueue(addresses: list[str]) -> None:
    """One at a time: it has no way to send many at once."""
    for address in addresses:
        subscribe(address)
