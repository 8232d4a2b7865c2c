"""Our steps stand beside Celery's own in a worker's start. Celery sorts them, and drops one of two that require each other."""

import json
import subprocess
import sys

STEPS = """
import json
from celery.worker import WorkController
from workers.celery import app

blueprint = WorkController.Blueprint(steps=app.steps["worker"])
blueprint.steps = blueprint.claim_steps()
print(json.dumps([step.__name__ for step in blueprint._finalize_steps(blueprint.steps)]))
"""


def test_a_worker_starts_the_relay_and_the_watchdog_and_last_of_all_its_consumer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEPS],
        env={"REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        check=True,
    )
    order = json.loads(done.stdout)
    assert {"Pool", "RelayKeeper", "Watchdog"} <= set(order)
    assert order[-1] == "Consumer"
