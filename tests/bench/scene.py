"""What every benchmark is handed: the stack, whether the run is a quick one, and whom to tell how far it is.

Separate so that a benchmark is one function of it, `run(scene)`, and the entry point knows no more of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.progress import Progress
from tests.bench.stack import Stack

ROUNDS = 5
QUICK_ROUNDS = 1


@dataclass(slots=True)
class Scene:
    """One benchmark's surroundings."""

    name: str
    stack: Stack
    quick: bool
    progress: Progress
    _round: str = field(default="", init=False)

    @property
    def rounds(self) -> int:
        """How often everything is measured, in turn."""
        return QUICK_ROUNDS if self.quick else ROUNDS

    def each_round(self, steps: int, *, once: int = 0) -> Iterator[int]:
        """The rounds' numbers from 1; each of them takes so many `step`s, and the first `once` more."""
        self.progress.expect(self.rounds * steps + once)
        for number in range(1, self.rounds + 1):
            self._round = f"round {number} of {self.rounds}"
            yield number

    def step(self, label: str) -> None:
        """What is measured next."""
        self.progress.step(f"{self.name}, {self._round}: {label}")

    def prepare(self, label: str) -> None:
        """What is done before anything is measured."""
        self.progress.aside(f"{self.name}: {label}")
