"""The process for suspects, started for real: what it ends with when the jobs could not even be tried."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from workers.quarantine.cell import EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, UNTRIED

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "postgresql://usher:none@127.0.0.1:9/usher"  # discard: nothing listens there


def end_of(database_url: str, *, surroundings: dict[str, str]) -> int:
    """The exit code of a process for a job that does not exist."""
    settings = {
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "SECRET_KEY": "a key for the length of one test",
        "NEWSLETTER_DSN": "listmonk+http://usher:token@127.0.0.1:9/?list=1",
        "EMAIL_DSN": "smtp://127.0.0.1:9/?from=hello@example.org",
    }
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
