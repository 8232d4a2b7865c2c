"""The database refuses rows that contradict the table of states, whoever writes them."""

from uuid import UUID

import psycopg
import pytest

from ledger.connection import Connection
from tests.integration.ledger.owed_jobs import queued, running, sign_up

STAGED = [
    ("known_state", "state = 'asleep'"),
    ("finished_is_final", "finished_at = now()"),
    *(("finished_is_final", f"state = '{word}'") for word in ("succeeded", "skipped", "cancelled", "discarded")),
    *(("finished_is_final", f"state = '{word}', error_code = 'x'") for word in ("dead", "unknown")),
    *(("finished_is_final", f"state = '{word}', finished_at = now()") for word in ("staged", "retrying")),
    ("claimed_is_running", "claimer = gen_random_uuid()"),
    ("claimed_is_running", "state = 'running'"),
    ("dead_has_reason", "state = 'dead', finished_at = now()"),
    ("dead_has_reason", "state = 'unknown', finished_at = now()"),
    ("counters_only_grow", "settled = 1"),
    ("counters_only_grow", "intent = 1"),
    *(("counters_only_grow", f"{counter} = -1") for counter in ("settled", "intent", "attempts", "crashes")),
    ("jobs_time_limit_check", "time_limit = 0"),
    ("jobs_max_retries_check", "max_retries = -1"),
]
EACH = [pytest.param(name, change, id=f"{name}: {change}") for name, change in STAGED]


@pytest.mark.parametrize(("constraint", "change"), EACH)
def test_a_row_that_breaks_a_rule_is_refused(ledger: Connection, constraint: str, change: str) -> None:
    sign_up(ledger)
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        ledger.execute(f"UPDATE jobs SET {change}")  # noqa: S608  # the test's own words
    assert refusal.value.diag.constraint_name == constraint


def test_every_rule_about_jobs_is_broken_once_above(ledger: Connection) -> None:
    rules = ledger.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'jobs'::regclass AND contype = 'c'")
    assert {name for (name,) in rules} == {name for name, _ in STAGED}


@pytest.mark.parametrize("change", ["claimer = gen_random_uuid()", "finished_at = now()", "state = 'running'"])
def test_what_is_queued_is_in_nobodys_hands_and_not_finished(ledger: Connection, change: str) -> None:
    queued(ledger)
    with pytest.raises(psycopg.errors.CheckViolation):
        ledger.execute(f"UPDATE jobs SET {change}")  # noqa: S608  # the test's own words


@pytest.mark.parametrize(
    "change", ["claimer = NULL", "state = 'staged'", "finished_at = now()", "claim = 0, settled = 1"]
)
def test_what_runs_has_a_claimer(ledger: Connection, executor: UUID, change: str) -> None:
    running(ledger, executor)
    with pytest.raises(psycopg.errors.CheckViolation):
        ledger.execute(f"UPDATE jobs SET {change}")  # noqa: S608  # the test's own words


@pytest.mark.parametrize(
    "change", ["jobs = '{}'", "time_limit = 0", "deadline = NULL", "executor = NULL", "queue = NULL", "provider = NULL"]
)
def test_a_batch_has_jobs_an_executor_and_a_deadline(ledger: Connection, executor: UUID, change: str) -> None:
    running(ledger, executor)
    with pytest.raises(psycopg.IntegrityError):
        ledger.execute(f"UPDATE batches SET {change}")  # noqa: S608  # the test's own words


@pytest.mark.parametrize("change", ["jobs = '{}'", "queue = NULL", "provider = NULL", "published_at = NULL"])
def test_a_message_names_jobs_a_queue_and_a_provider(ledger: Connection, change: str) -> None:
    queued(ledger)
    with pytest.raises(psycopg.IntegrityError):
        ledger.execute(f"UPDATE messages SET {change}")  # noqa: S608  # the test's own words


def test_whether_a_job_awaits_a_decision_is_never_written_by_hand(ledger: Connection) -> None:
    sign_up(ledger)
    with pytest.raises(psycopg.errors.GeneratedAlways):
        ledger.execute("UPDATE jobs SET awaits_decision = true")
