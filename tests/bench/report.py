"""One run of the benchmarks as a document: its tables, the machine they were measured on, when, and whether in full."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.plot import draw
from tests.bench.table import Table


@dataclass(slots=True)
class Report:
    """What `bench-results/NAME.json` holds. `started_at`: ISO 8601 in UTC. `took_s`: seconds."""

    started_at: str
    took_s: float = 0.0
    machine: dict[str, str] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)

    def save(self, folder: Path, name: str) -> list[Path]:
        """Write the JSON and the plot into `folder`; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        as_json, as_svg = folder / f"{name}.json", folder / f"{name}.svg"
        as_json.write_text(
            json.dumps(self.as_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
        as_svg.write_text(draw(self.tables), encoding="utf-8")
        return [as_json, as_svg]

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "started_at": self.started_at,
            "took_s": round(self.took_s, 1),
            "machine": self.machine,
            "tables": [table.as_json() for table in self.tables],
        }

    @classmethod
    def read(cls, path: Path) -> "Report":
        """The report that `save` wrote. Raises OSError and ValueError."""
        found = json.loads(path.read_text(encoding="utf-8"))
        tables = [Table.from_json(table) for table in found["tables"]]
        return cls(found["started_at"], found["took_s"], found["machine"], tables)
