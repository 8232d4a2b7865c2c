"""What PostgreSQL really did for the statements of a session: their plans and what each step touched, told by auto_explain.

The verbs themselves are called, so that no test holds a copy of their SQL. Plans are generic ones, as a session that has run a
statement for the hundredth time uses them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from psycopg.errors import Diagnostic

from ledger.connection import Connection

_SETTINGS = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_timing = off",
    "SET auto_explain.log_format = json",
    "SET client_min_messages = log",
)


@dataclass(frozen=True)
class Scan:
    """One step of a plan that reads a table."""

    how: str  # as EXPLAIN says: "Seq Scan", "Index Scan" ...
    table: str
    index: str | None
    touched: int  # rows it came across, those it threw away included


class Plans:
    """Listens to a superuser's session: nobody else may load auto_explain."""

    def __init__(self, connection: Connection) -> None:
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.prepare_threshold = 0
        connection.add_notice_handler(self._note)
        self.connection = connection
        self._told: list[dict[str, Any]] = []
        self.use("force_generic_plan")

    def use(self, mode: str) -> None:
        """PostgreSQL's `plan_cache_mode`."""
        self.connection.execute(f"SET plan_cache_mode = {mode}")

    @contextmanager
    def of(self, *, rolled_back: bool = True) -> Iterator[list[Scan]]:
        """The scans of what runs inside. It is rolled back, so that each verb finds the ledger as it was, unless it moves
        nothing and wants a transaction of its own.
        """
        scans: list[Scan] = []
        with self.connection.transaction(force_rollback=True) if rolled_back else nullcontext():
            self._hear()
            self._told.clear()
            yield scans
            self._hear()
            assert any("Plans" in plan or "Relation Name" in plan for plan in self._told), "auto_explain is deaf"
            scans += [scan for plan in self._told for scan in _scans(plan)]

    def _hear(self) -> None:
        """A statement's plan is told when the next one takes its place."""
        for _ in range(2):
            self.connection.execute("SELECT 1")

    def _note(self, diagnostic: Diagnostic) -> None:
        _, plan, told = (diagnostic.message_primary or "").partition("plan:\n")
        if plan:
            self._told.append(json.loads(told)["Plan"])


def _scans(step: dict[str, Any]) -> Iterator[Scan]:
    if "Relation Name" in step and "Scan" in step["Node Type"]:
        thrown_away = sum(count for what, count in step.items() if what.startswith("Rows Removed by"))
        touched = (step.get("Actual Rows", 0) + thrown_away) * step.get("Actual Loops", 1)
        yield Scan(step["Node Type"], step["Relation Name"], step.get("Index Name"), round(touched))
    for inner in step.get("Plans", ()):
        yield from _scans(inner)
