"""How far the benchmark is: a bar on a terminal, a line for each step anywhere else. On stderr: stdout has the tables."""

import sys
import time
from collections.abc import Mapping
from typing import TextIO

WIDTH = 28


class Progress:
    """Counts steps within parts. `parts`: what there is to do, in order, and how long each takes compared to the others."""

    def __init__(self, parts: Mapping[str, float], stream: TextIO = sys.stderr) -> None:
        self._parts = parts
        self._stream = stream
        self._live = stream.isatty()
        self._started = time.monotonic()
        self._behind = 0.0  # the weight of the parts that are done
        self._part = ""
        self._steps = self._begun = 0
        self._label = ""

    def begin(self, part: str) -> None:
        """The next part; what was before it is done."""
        self._behind += self._parts.get(self._part, 0.0)
        self._part, self._steps, self._begun = part, 0, 0

    def expect(self, steps: int) -> None:
        """So many steps will be taken in this part."""
        self._steps = steps

    def step(self, label: str) -> None:
        """The next step of this part begins."""
        self._begun += 1
        self.aside(label)

    def aside(self, label: str) -> None:
        """Say what is going on, outside the steps that are counted."""
        self._label = label
        line = f"{self.share():4.0%} {self._clock()}  {label}"
        self._stream.write(f"\r{self._bar()} {line}\033[K" if self._live else f"{line}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Make room: what is written next begins on a line of its own."""
        if self._live:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def share(self) -> float:
        """How much is done, from 0 to 1; the step that is running counts as not begun."""
        inside = max(0, self._begun - 1) / self._steps if self._steps else 0.0
        total = sum(self._parts.values())
        return (self._behind + self._parts.get(self._part, 0.0) * min(1.0, inside)) / total if total else 0.0

    def _bar(self) -> str:
        filled = round(WIDTH * self.share())
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}]"

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60}:{seconds % 60:02d}"
