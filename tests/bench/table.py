"""What a benchmark found: figures by row and column over the rounds, and how its goals fared.

Separate from the measuring and from the showing (`screen`, `plot`, `publication`). It must never judge a figure that
was not measured.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    row: str
    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal of the table: what was wanted, what was found, and whether that is enough."""

    goal: str
    found: str
    met: bool


class Table:
    """All figures of one benchmark. `headline` is the column that the plot shows; the first one unless given."""

    def __init__(self, name: str, what: str, rounds: int, *, headline: str | None = None) -> None:
        self.name = name
        self.what = what
        self.rounds = rounds
        self.verdicts: list[Verdict] = []
        self.notes: list[str] = []
        self._headline = headline
        self._values: dict[tuple[str, str], list[float]] = {}

    def add(self, figure: Figure) -> None:
        """Take one in."""
        self._values.setdefault((figure.row, figure.column), []).append(figure.value)

    def judge(self, goal: str, found: str, *, met: bool) -> None:
        """Say how a goal fared."""
        self.verdicts.append(Verdict(goal, found, met))

    def note(self, line: str) -> None:
        """Say, once, what a reader must know beside the figures."""
        if line not in self.notes:
            self.notes.append(line)

    def rows(self) -> list[str]:
        """In the order in which they were first measured."""
        return list(dict.fromkeys(row for row, _ in self._values))

    def columns(self) -> list[str]:
        """In the order in which they were first measured."""
        return list(dict.fromkeys(column for _, column in self._values))

    def spread(self, row: str, column: str) -> Spread | None:
        """The cell over all rounds, or None where it was never measured."""
        values = self._values.get((row, column))
        return spread(values) if values else None

    def median(self, row: str, column: str) -> float:
        """The cell's median; NaN where it was never measured, so that no goal can be met by it."""
        found = self.spread(row, column)
        return float("nan") if found is None else found.median

    @property
    def headline(self) -> str:
        """The column that stands for the table."""
        return self._headline or self.columns()[0]

    def lines(self) -> Iterator[str]:
        """The table as text, its columns aligned."""
        yield f"{self.name}: {self.what} (rounds: {self.rounds}; median, and min to max)"
        grid = [["", *self.columns()], *([row, *self.cells(row)] for row in self.rows())]
        widths = [max(len(line[place]) for line in grid) for place in range(len(grid[0]))]
        for line in grid:
            yield "  " + "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for verdict in self.verdicts:
            yield f"  {'met' if verdict.met else 'NOT MET'}: {verdict.goal}: {verdict.found}"
        for note in self.notes:
            yield f"  note: {note}"

    def cells(self, row: str) -> list[str]:
        """The row's cells as text, a blank where nothing was measured."""
        found = (self.spread(row, column) for column in self.columns())
        return ["" if cell is None else str(cell) for cell in found]

    def as_json(self) -> dict[str, Any]:
        """Everything, each round's value included; null where a round has none."""
        figures = [
            {"row": row, "column": column, "values": [None if math.isnan(value) else value for value in values]}
            for (row, column), values in self._values.items()
        ]
        return {
            "name": self.name,
            "what": self.what,
            "rounds": self.rounds,
            "headline": self.headline,
            "figures": figures,
            "goals": [asdict(verdict) for verdict in self.verdicts],
            "notes": self.notes,
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Table":
        """The table that `as_json` wrote."""
        table = cls(found["name"], found["what"], found["rounds"], headline=found["headline"])
        for figure in found["figures"]:
            table._values[figure["row"], figure["column"]] = [
                math.nan if value is None else value for value in figure["values"]
            ]
        table.verdicts = [Verdict(**goal) for goal in found["goals"]]
        table.notes = list(found["notes"])
        return table
