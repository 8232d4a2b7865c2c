"""Stories of a job's life that Hypothesis makes up, lived by a real PostgreSQL; and that their checks can fail."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger.connection import Connection
from tests.integration.ledger.life import Life
from tests.integration.ledger.owed_jobs import QUEUE


def test_whatever_happens_a_job_is_done_by_one_at_a_time_and_comes_to_an_end(ledger: Connection) -> None:
    bounds = settings(
        max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(lambda: Life(ledger), settings=bounds)


def test_the_story_would_notice_a_job_that_is_claimed_twice(ledger: Connection) -> None:
    """The checks above can fail: a claim number that went backwards is one of the things they are there to see."""
    life = Life(ledger)
    life.begin()
    life.what_must_always_hold()
    life.a_relay_publishes(4, 1, 0, fast=True, later=False)
    life.what_must_always_hold()
    ledger.execute("UPDATE jobs SET claim = 0, intent = 0")
    with pytest.raises(AssertionError, match="claim"):
        life.what_must_always_hold()


@pytest.mark.parametrize("doing", ["queued", "running"])
def test_the_story_would_notice_a_job_that_nobody_watches(ledger: Connection, doing: str) -> None:
    life = Life(ledger)
    life.begin()
    life.what_must_always_hold()
    life.a_relay_publishes(4, 2, 0, fast=doing == "running", later=False)
    life.what_must_always_hold()
    ledger.execute("TRUNCATE messages, batches")
    with pytest.raises(AssertionError, match="nobody watches it"):
        life.what_must_always_hold()


def test_the_story_would_notice_a_count_that_is_off_by_one(ledger: Connection) -> None:
    life = Life(ledger)
    life.begin()
    life.what_must_always_hold()
    ledger.execute("INSERT INTO job_count_changes VALUES (%s, 'staged', 1)", (QUEUE,))
    with pytest.raises(AssertionError, match="miscounted"):
        life.what_must_always_hold()
