"""Celery without Usher, as somebody writes it who knows it well: the program of `tests.chaos.plain`, tuned for speed.

What differs from there: messages are fetched ahead (CELERY_PREFETCH), since Celery's own guide asks for that where tasks
are many and short (userguide/optimizing, "Prefetch Limits"), and a retry waits seconds and not up to half a minute. The
late acknowledgement and the rest of what makes it as safe as it gets stay on, but for gevent (CELERY_ACKS_LATE=0): there
late acknowledgements from many greenlets at once left messages lying and lost one or two in 1,500, with nothing killed.
"""

import os

import requests
from celery import Celery
from celery.signals import worker_ready

from tests.bench.peers.apps import call, ready

BATCH = 500

app = Celery("plain", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=os.environ.get("CELERY_ACKS_LATE") != "0",
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=int(os.environ.get("CELERY_PREFETCH", "1")),
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
    },
    task_publish_retry_policy={"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
)
worker_ready.connect(ready.say)


@app.task(
    name="plain.subscribe",
    autoretry_for=(requests.RequestException,),
    max_retries=20,
    retry_backoff=1,
    retry_backoff_max=5,
    retry_jitter=True,
)
def subscribe(address: str) -> None:
    """Idempotent: an address that exists is on the list."""
    call.deliver(address)


def enqueue(addresses: list[str]) -> None:
    """With kombu's batch publishing, one round trip for `BATCH` messages."""
    with app.producer_pool.acquire(block=True) as producer, producer.batch(max_size=BATCH):
        for address in addresses:
            subscribe.apply_async((address,), producer=producer)


def warm_up() -> None:
    """Connect, as a web process has long before the request that is timed."""
    with app.producer_pool.acquire(block=True) as producer:
        producer.connection.ensure_connection(max_retries=3)
        producer.channel.client.ping()


owe = subscribe.delay
