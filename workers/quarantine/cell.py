"""A process for suspects: started for them, waited for, and allowed to die.

The process works under the claims that were made outside, and answers with the move each job came to, a line of JSON
for each as it comes; the outcomes are written outside too. What it costs is the start of an interpreter, and only suspects pay it.
"""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import IO
from uuid import UUID

from config.settings import EXIT_CONFIG
from jobs.kind import Kind
from ledger.claim import Claimed
from ledger.moves import Move, Settlement
from ledger.states import State

PATIENCE = 0.9
"""Of the jobs' time limit: the death must be on record before their claims run out and somebody else takes them."""

EXIT_CLAIM_GONE = 3
EXIT_LEDGER_AWAY = 4
UNTRIED = frozenset({EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, EXIT_CONFIG})
CHUNK = 65_536


class ProcessDiedError(Exception):
    """It ended without an answer; the text is its exit code, or that it overran."""


class UntriedError(Exception):
    """It ended in good order before the jobs were tried: nothing against them."""


def carry_out_apart(kind: Kind, suspects: Sequence[Claimed]) -> Iterator[Settlement]:
    """Carry these jobs of one kind out in a process of their own; yields how each ended, as they end.

    Each answer is waited for within the time limit. Raises `ProcessDiedError` and `UntriedError` for what is left.
    """
    claims = {str(job.id): job.claim for job in suspects}
    unanswered = {job.id: job.claim for job in suspects}
    with subprocess.Popen(
        [sys.executable, "-m", "workers.quarantine", kind.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with process.stdin as told:
                told.write(json.dumps(claims).encode())
            for line in _lines(process.stdout, PATIENCE * suspects[0].time_limit):
                settlement = from_line(line)
                if unanswered.pop(settlement.job_id, None) is not None:
                    yield settlement
                if not unanswered:
                    break  # its end is not waited for: a thread that somebody's code has left behind may put it off for ever
        except BrokenPipeError:
            pass  # it ended before it was told; its exit code says how
        finally:
            if process.poll() is None:
                _end(process)
    if process.returncode in UNTRIED:
        raise UntriedError
    if unanswered:
        raise ProcessDiedError(f"exit code {process.returncode}")


def to_line(settlement: Settlement) -> str:
    """A settlement as one line."""
    return json.dumps({"job": str(settlement.job_id), "claim": settlement.claim, "move": asdict(settlement.move)})


def from_line(line: str) -> Settlement:
    """The settlement in a line of `to_line`. Raises `ProcessDiedError` for anything else."""
    try:
        found = json.loads(line)
        move = Move(**{**found["move"], "state": State(found["move"]["state"])})
        return Settlement(UUID(found["job"]), int(found["claim"]), move)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProcessDiedError("it answered nothing that can be understood") from None


def _lines(pipe: IO[bytes], patience: float) -> Iterator[str]:
    """What comes out of the pipe, a line at a time, until it is closed. Raises `ProcessDiedError` when none came for so long."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(patience):
            chunk = os.read(pipe.fileno(), CHUNK)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
    raise ProcessDiedError("overran")


def _end(process: subprocess.Popen[bytes]) -> None:
    """It has a moment to end by itself."""
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
