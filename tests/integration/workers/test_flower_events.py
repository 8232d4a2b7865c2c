"""Events that travel together: the loop is woken for a hand that is free again, though nothing is sent for it."""

import os
import subprocess
import sys

from workers.flower_events import EVERY_S


def test_a_hand_that_is_free_again_waits_for_no_timer(redis_url: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.integration.workers.one_hand"],
        env={**os.environ, "REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(said.stdout) < EVERY_S / 2
