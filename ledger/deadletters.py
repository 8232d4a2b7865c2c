"""Dead letters, seen from above: what waits for a person, grouped by why, and how the queues stand. Moves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.decisions import WAITING
from ledger.selection import Selection
from ledger.states import DUE, State, sql_list


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that wait for a person for the same reason: what one bulk operation is asked about."""

    state: State
    queue: str
    kind: str
    error: str
    count: int
    oldest: datetime  # when the first of them ended
    newest: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))


_GROUPS = f"""
SELECT state, queue, kind, error_code AS error, count(*) AS count, min(finished_at) AS oldest, max(finished_at) AS newest
FROM jobs WHERE state IN ({sql_list(WAITING)}) AND {{condition}}
GROUP BY state, queue, kind, error_code ORDER BY count(*) DESC, max(finished_at) DESC, queue, kind, error_code
"""


def groups(connection: Connection, selection: Selection) -> list[Group]:
    """The selected dead and unknown jobs by state, kind and error code, the largest group first."""
    with connection.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(_GROUPS.format(condition=selection.condition()), selection.parameters()).fetchall()


def waiting(connection: Connection) -> Mapping[str, Mapping[State, int]]:
    """How many jobs wait for a person: `{queue: {state: count}}`."""
    found: dict[str, dict[State, int]] = {}
    for queue, state, count in connection.execute(
        f"SELECT queue, state, count(*) FROM jobs WHERE state IN ({sql_list(WAITING)}) GROUP BY queue, state",
    ):
        found.setdefault(queue, {})[State(state)] = count
    return found


def waiting_vocabulary(connection: Connection) -> tuple[set[str], set[str]]:
    """The kinds and the queues of what waits: some may be known to no code any more, and must be decided on all the same."""
    found = connection.execute(f"SELECT DISTINCT kind, queue FROM jobs WHERE state IN ({sql_list(WAITING)})").fetchall()
    return {row[0] for row in found}, {row[1] for row in found}


def oldest_due(connection: Connection) -> Mapping[str, datetime]:
    """Of each queue that has one, since when the job that is overdue the longest has been due."""
    return dict(
        connection.execute(
            f"SELECT queue, min(run_at) FROM jobs WHERE state IN ({sql_list(DUE)}) AND run_at <= now() GROUP BY queue",
        ).fetchall(),
    )
