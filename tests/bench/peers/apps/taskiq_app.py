"""Taskiq: its Redis stream broker, which is the one it recommends because it acknowledges, and the retry middleware.

The task is a plain function in Taskiq's thread pool, since the call is made with `requests`. No result backend.
"""

import asyncio
import os

from taskiq import SmartRetryMiddleware, TaskiqEvents
from taskiq_redis import RedisStreamBroker

from tests.bench.peers.apps import call, ready

BATCH = 100

# "0" and not "$": what was sent before the first worker came is read as well. The time-out on the lock, because a worker
# that is killed while it looks for lost messages would keep it for ever otherwise.
broker = RedisStreamBroker(os.environ["REDIS_URL"], consumer_id="0", unacknowledged_lock_timeout=10).with_middlewares(
    SmartRetryMiddleware(default_retry_count=20, default_delay=1, use_jitter=True, use_delay_exponent=True)
)
broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, ready.say)


@broker.task(retry_on_error=True)
def subscribe(address: str) -> None:
    """One call."""
    call.deliver(address)


async def _enqueue(addresses: list[str]) -> None:
    await broker.startup()
    for first in range(0, len(addresses), BATCH):
        await asyncio.gather(*(subscribe.kiq(address) for address in addresses[first : first + BATCH]))
    await broker.shutdown()


def enqueue(addresses: list[str]) -> None:
    """`BATCH` at a time over as many connections: it has no way to send many at once."""
    asyncio.run(_enqueue(addresses))
