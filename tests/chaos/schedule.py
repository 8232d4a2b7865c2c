"""The plan of a round's faults, made from a seed before anything starts: the same seed plans the same faults.

Separate, because a plan that looked at what is running could not be played again. It must never ask the clock, nor the
system under test; which job or which child a fault hits is decided when it strikes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos.faults import Kind

FIRST_S = 2.0  # the round has begun to flow


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when it begins, in seconds from the first sign-up, and for how long it lasts."""

    at: float
    seconds: float
    kind: Kind
    target: str

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return (
            f"{self.at:6.1f} s  {self.kind.goal}  {self.kind.name}{f' [{self.target}]' if self.target else ''}{lasting}"
        )


def plan(seed: int, *, kinds: Sequence[Kind], seconds: float, gap: float) -> list[Fault]:
    """Faults over `seconds`, `gap` seconds apart on average, dealt from a shuffled deck so that every kind has its turn."""
    rng = Random(f"usher chaos {seed}")
    deck: list[tuple[Kind, str]] = []
    free: dict[str, float] = {}
    faults: list[Fault] = []
    at = FIRST_S + rng.uniform(0, gap)
    while at < seconds:
        if not deck:
            deck = [(kind, target) for kind in kinds for target in kind.targets]
            rng.shuffle(deck)
        card = next((card for card in deck if free.get(_lane(card), 0.0) <= at), None)
        if card is not None:
            deck.remove(card)
            kind, target = card
            lasting = min(rng.uniform(*kind.seconds), seconds - at)
            faults.append(Fault(round(at, 2), round(lasting, 2), kind, target))
            free[_lane(card)] = at + lasting + kind.rest
        at += rng.uniform(0.2, 1.8) * gap
    return faults


def fingerprint(faults: Sequence[Fault]) -> str:
    """A short digest of a plan: two runs that print the same one have played the same faults."""
    return hashlib.sha256("\n".join(map(str, faults)).encode()).hexdigest()[:12]


def _lane(card: tuple[Kind, str]) -> str:
    kind, target = card
    return f"{kind.lane} {target}"
