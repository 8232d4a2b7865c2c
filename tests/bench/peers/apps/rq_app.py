"""RQ: jobs whose results are thrown away at once (`result_ttl=0`) and that are retried, and the worker that runs them.

The worker is `SimpleWorker`, which runs jobs in its own process. RQ recommends the one that forks for each job, and
allows this one where jobs take a few milliseconds and their code can be trusted (docs/benchmark.md); it is about six
times as fast, and only it can keep a connection to the provider from one job to the next. Chosen in RQ's favour.
"""

import os

from redis import Redis
from rq import Queue, Retry, SimpleWorker

from tests.bench.peers.apps import call, ready

REDIS_URL = os.environ["REDIS_URL"]  # read by `rq --config`, so that the password is on no command line
BATCH = 500
RETRY = Retry(max=20, interval=[1, 2, 5])


class Worker(SimpleWorker):
    """A `SimpleWorker` that says when it is up."""

    def register_birth(self) -> None:
        """As it was, and a line."""
        super().register_birth()
        ready.say()


def subscribe(address: str) -> None:
    """One call."""
    call.deliver(address)


def enqueue(addresses: list[str]) -> None:
    """In bulk, through one pipeline for `BATCH` jobs."""
    with Redis.from_url(REDIS_URL) as connection:
        queue = Queue("default", connection=connection)
        for first in range(0, len(addresses), BATCH):
            some = addresses[first : first + BATCH]
            queue.enqueue_many([Queue.prepare_data(subscribe, (one,), result_ttl=0, retry=RETRY) for one in some])
