"""Events that travel together, in a real worker of Celery's: the loop is woken for a hand that is free again, though nothing is sent for it."""

import threading
import time
from statistics import median

from celery import Celery
from celery.contrib.testing.worker import start_worker

from config.celery import options
from config.settings import BrokerSettings
from tests.waiting import eventually
from workers.flower_events import EVERY_S, GroupedEvents

TASKS = 30
CALL_S = 0.02


def test_a_hand_that_is_free_again_waits_for_no_timer(redis_url: str) -> None:
    app = Celery("hands", set_as_current=False)
    app.conf.update(options(BrokerSettings(redis_url=redis_url), ["hands"]))
    app.steps["consumer"].add(GroupedEvents)
    begun: list[float] = []
    ended: list[float] = []

    @app.task(name="hands.take")
    def take() -> None:
        begun.append(time.monotonic())
        threading.Event().wait(CALL_S)  # as long as the loop needs to find that it has no hand left
        ended.append(time.monotonic())

    for _ in range(TASKS):
        take.apply_async()
    with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False, loglevel="error"):
        eventually(lambda: len(ended) == TASKS)
    pauses = [after - before for before, after in zip(ended, begun[1:], strict=False)]
    assert median(pauses) < EVERY_S / 2
