"""Dead letters, seen from above: what waits for a person, grouped by why, and how the queues stand. Moves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from ledger.connection import Connection
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


_GROUPS = """
SELECT state, queue, kind, error_code AS error, count(*) AS count, min(finished_at) AS oldest, max(finished_at) AS newest
FROM jobs WHERE awaits_decision AND {condition}
GROUP BY state, queue, kind, error_code ORDER BY count(*) DESC, max(finished_at) DESC, queue, kind, error_code
"""


def groups(connection: Connection, selection: Selection) -> list[Group]:
    """The selected dead and unknown jobs by state, kind and error code, the largest group first."""
    with connection.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(_GROUPS.format(condition=selection.condition()), selection.parameters()).fetchall()


def waiting_vocabulary(connection: Connection) -> tuple[set[str], set[str]]:
    """The kinds and the queues of what waits: some may be known to no code any more, and must be decided on all the same."""
    found = connection.execute("SELECT DISTINCT kind, queue FROM jobs WHERE awaits_decision").fetchall()
    return {row[0] for row in found}, {row[1] for row in found}


# One step of the index for each queue and kind there is, two for its lanes.
_OLDEST_DUE = f"""
WITH RECURSIVE lane(queue, kind) AS (
    (SELECT queue, kind FROM jobs WHERE finished_at IS NULL ORDER BY queue, kind LIMIT 1)
    UNION ALL
    SELECT next.queue, next.kind FROM lane, LATERAL (
        SELECT jobs.queue, jobs.kind FROM jobs WHERE (jobs.queue, jobs.kind) > (lane.queue, lane.kind) AND finished_at IS NULL
        ORDER BY jobs.queue, jobs.kind LIMIT 1) AS next
)
SELECT lane.queue, min(first.run_at) FROM lane, unnest(ARRAY[false, true]) AS tried, LATERAL (
    SELECT run_at FROM jobs
    WHERE jobs.queue = lane.queue AND jobs.kind = lane.kind AND jobs.tried = tried.tried AND finished_at IS NULL
      AND state IN ({sql_list(DUE)}) AND run_at <= now()
    ORDER BY run_at LIMIT 1) AS first
GROUP BY lane.queue
"""


def oldest_due(connection: Connection) -> Mapping[str, datetime]:
    """Of each queue that has one, since when the job that is overdue the longest has been due."""
    return dict(connection.execute(_OLDEST_DUE).fetchall())
