"""The process for suspects, started for real: what it ends with when the jobs could not even be tried, and that it ends."""

import json
import os
import queue
import subprocess
import sys
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.connection import Connection
from ledger.states import State
from tests.integration.ledger.owed_jobs import enrol, owed, running
from tests.integration.workers.runners import SUBSCRIBE
from workers.quarantine.cell import EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, UNTRIED, carry_out_apart

ROOT = Path(__file__).resolve().parents[3]
POISON = ROOT / "tests" / "cluster" / "poison"
NOWHERE = "postgresql://usher:none@127.0.0.1:9/usher"  # discard: nothing listens there


SETTINGS = {
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "a key for the length of one test",
    "NEWSLETTER_DSN": "listmonk+http://usher:token@127.0.0.1:9/?list=1",
    "EMAIL_DSN": "smtp://127.0.0.1:9/?from=hello@example.org",
}


def end_of(database_url: str, *, surroundings: dict[str, str]) -> int:
    """The exit code of a process for a job that does not exist."""
    settings = SETTINGS | {"DATABASE_URL": database_url}
    command = [sys.executable, "-m", "workers.quarantine", "newsletter.subscribe"]
    claims = json.dumps({str(uuid.uuid4()): 1}).encode()
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings | settings, input=claims, check=False, capture_output=True
    )
    return done.returncode


@pytest.fixture
def surroundings() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


def test_a_claim_that_is_gone_is_no_death(database_url: str, surroundings: dict[str, str]) -> None:
    assert end_of(database_url, surroundings=surroundings) == EXIT_CLAIM_GONE
    assert EXIT_CLAIM_GONE in UNTRIED


def test_a_ledger_that_is_away_is_nothing_against_the_job(surroundings: dict[str, str]) -> None:
    assert end_of(NOWHERE, surroundings=surroundings) == EXIT_LEDGER_AWAY
    assert EXIT_LEDGER_AWAY in UNTRIED


def test_a_process_whose_code_has_left_a_thread_behind_is_ended_once_it_has_answered(
    ledger: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (SETTINGS | {"DATABASE_URL": database_url, "PYTHONPATH": f"{POISON}:{ROOT}"}).items():
        monkeypatch.setenv(name, value)
    lingering = replace(SUBSCRIBE, name="test.lingering")
    suspect = running(ledger, enrol(ledger), owed(lingering.name, lingering.queue, time_limit=60))
    ends: queue.Queue[dict[uuid.UUID, State]] = queue.Queue()

    def carry_out() -> None:
        ends.put({one.job_id: one.move.state for one in carry_out_apart(lingering, [suspect])})

    threading.Thread(target=carry_out, daemon=True).start()
    assert ends.get(timeout=40) == {suspect.id: State.SUCCEEDED}
