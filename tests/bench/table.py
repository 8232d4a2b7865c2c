"""What a benchmark found: figures by row and column, with median and spread; on the screen and as JSON."""

import json
import platform
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    row: str
    column: str
    value: float


class Table:
    """All figures of one benchmark."""

    def __init__(self, name: str, what: str, rounds: int) -> None:
        self.name = name
        self.what = what
        self.rounds = rounds
        self._values: dict[tuple[str, str], list[float]] = {}

    def add(self, figure: Figure) -> None:
        """Take one in."""
        self._values.setdefault((figure.row, figure.column), []).append(figure.value)

    def lines(self) -> Iterator[str]:
        """The table as text: median, and the range over the rounds."""
        yield f"{self.name}: {self.what} (rounds: {self.rounds}; median, and min to max)"
        width = max(len(row) for row, _ in self._values)
        for row in dict.fromkeys(row for row, _ in self._values):
            cells = [f"{column} {_spread(self._values[row, column])}" for found, column in self._values if found == row]
            yield f"  {row:<{width}}  {'   '.join(cells)}"

    def save(self) -> Path:
        """Write `bench-results/NAME.json`; returns its path."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        figures = [{"row": row, "column": column, "values": values} for (row, column), values in self._values.items()]
        about = {"what": self.what, "rounds": self.rounds, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        machine = {"python": platform.python_version(), "system": platform.system(), "processor": platform.machine()}
        path.write_text(json.dumps({**about, **machine, "figures": figures}, indent=2) + "\n")
        return path


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f})"
