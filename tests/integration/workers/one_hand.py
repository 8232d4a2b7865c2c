"""A real worker of Celery's with one hand, in a process of its own, since it changes its process for good: prints how long the hand was free
between two tasks, in seconds, the median. Started by a test, with REDIS_URL.
"""

import threading
import time
from statistics import median

from celery import Celery
from celery.contrib.testing.worker import start_worker

from config.celery import options
from config.settings import BrokerSettings, load
from tests.waiting import eventually
from workers.flower_events import GroupedEvents

TASKS = 30
CALL_S = 0.02  # as long as the loop needs to find that it has no hand left

app = Celery("one-hand")
app.conf.update(options(load(BrokerSettings), ["one-hand"]))
app.steps["consumer"].add(GroupedEvents)
begun: list[float] = []
ended: list[float] = []


@app.task(name="one-hand.take")
def take() -> None:
    """A call."""
    begun.append(time.monotonic())
    threading.Event().wait(CALL_S)
    ended.append(time.monotonic())


if __name__ == "__main__":
    for _ in range(TASKS):
        take.apply_async()
    with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False):
        eventually(lambda: len(ended) == TASKS)
    print(median(after - before for before, after in zip(ended, begun[1:], strict=False)))  # noqa: T201  # it is what it is for
