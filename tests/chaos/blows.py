"""What was done to a process and when: the takeover times count from here. Data, no deeds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blow:
    """Processes that were killed or frozen, and when (Unix seconds)."""

    at: float
    pids: frozenset[int]
    frozen: bool = False
