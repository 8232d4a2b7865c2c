"""A process for one suspect: started for it, waited for, and allowed to die.

The process works under the claim that was made outside, and answers with the move it came to, one line of JSON; the
outcome is written outside too. What it costs is the start of an interpreter, and only suspects pay it.
"""

import json
import subprocess
import sys
from dataclasses import asdict

from config.settings import EXIT_CONFIG
from ledger.claim import Claimed
from ledger.moves import Move
from ledger.states import State

PATIENCE = 0.9
"""Of the job's time limit: the death must be on record before its claim runs out and somebody else takes the job."""

EXIT_CLAIM_GONE = 3
EXIT_LEDGER_AWAY = 4
UNTRIED = frozenset({EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, EXIT_CONFIG})


class ProcessDiedError(Exception):
    """It ended without an answer; the text is its exit code, or that it overran."""


class UntriedError(Exception):
    """It ended in good order before the job was tried: nothing against the job."""


def carry_out_alone(suspect: Claimed) -> Move:
    """Carry the job out in a process of its own, within its time limit. Raises `ProcessDiedError` and `UntriedError`."""
    command = [sys.executable, "-m", "workers.quarantine", str(suspect.id), str(suspect.claim)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            answer, _ = process.communicate(timeout=PATIENCE * suspect.time_limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ProcessDiedError("overran") from None
    if process.returncode in UNTRIED:
        raise UntriedError
    if process.returncode != 0:
        raise ProcessDiedError(f"exit code {process.returncode}")
    return from_line(answer)


def to_line(move: Move) -> str:
    """A move as one line."""
    return json.dumps(asdict(move))


def from_line(line: str) -> Move:
    """The move in a line of `to_line`. Raises `ProcessDiedError` for anything else."""
    try:
        fields = json.loads(line)
        return Move(**{**fields, "state": State(fields["state"])})
    except (ValueError, KeyError, TypeError):
        raise ProcessDiedError("it answered nothing that can be understood") from None
