"""What is new of sign-ups that somebody is watching, in one statement, however many are watched.

Separate from `ledger.reading`, which shows how things stand: here the question is what has happened since. Moves nothing.

Of each job its history is read on from the last line that was seen, by `job_events.id`. That skips nothing, because a line
of history is written by the statement that moves the job, under the lock of the job's row, and takes its number there: whoever
moves the job next takes a higher number and commits later. Over several jobs it would skip: numbers are handed out in one
order and committed in another, so each job has a mark of its own. A counter on the sign-up's row would do as well, but be one
more row version for each move, and let the jobs of a sign-up wait for each other. Leasing writes no history and is no news.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from ledger.connection import Connection
from ledger.reading import JobView, SignupView


@dataclass(frozen=True, slots=True)
class Watched:
    """A sign-up, and what is known of it: `marks` as a JSON object, from each job's id to the last line seen of its history.

    Where `marks` is None nothing is known yet, and everything is news.
    """

    id: UUID
    marks: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a job's history. `id` is its place among those of the same job, and means nothing beside another's."""

    id: int
    job_id: UUID
    event: str
    claim: int
    attempt: int
    code: str | None


@dataclass(frozen=True, slots=True)
class News:
    """What is new of one sign-up: the jobs that have moved or have come to be owed, as they stand, and how they got there."""

    signup: SignupView
    lines: Sequence[Line]


@dataclass(slots=True)
class _Draft:
    row: dict[str, Any]
    jobs: dict[UUID, tuple[int, JobView]] = field(default_factory=dict)  # with the number that orders them
    lines: list[Line] = field(default_factory=list)


# For each sign-up two steps of an index, and for each of its jobs two more. A sign-up that is not there any more is news as well.
_NEWS = """
WITH watched AS (
    SELECT id AS watched_id, marks::jsonb AS marks, confirmed
    FROM unnest(%(ids)s::uuid[], %(marks)s::text[], %(confirmed)s::boolean[]) AS w(id, marks, confirmed)
)
SELECT watched_id, signup.created_at AS signed_up_at, signup.asks, signup.confirmed_at,
       job.seq, job.id, job.signup_id, job.kind, job.queue, job.state, job.attempts, job.crashes, job.claim, job.run_at,
       extract(epoch FROM job.run_at - now())::float8 AS due_in, job.error_code, job.provider_id, job.created_at,
       job.finished_at, job.tried_at,
       line.id AS line_id, line.event, line.claim AS line_claim, line.attempt AS line_attempt, line.code AS line_code
FROM watched
LEFT JOIN signups AS signup ON signup.id = watched_id
LEFT JOIN jobs AS job ON job.signup_id = signup.id AND NOT job.hidden
LEFT JOIN LATERAL (
    SELECT id, event, claim, attempt, code FROM job_events
    WHERE job_id = job.id AND job_events.id > coalesce((marks ->> job.id::text)::bigint, 0)
) AS line ON true
WHERE marks IS NULL OR signup.id IS NULL OR line.id IS NOT NULL
   OR job.id IS NOT NULL AND NOT marks ? job.id::text
   OR signup.confirmed_at IS NOT NULL AND NOT confirmed
ORDER BY line.id
"""

_OF_JOB = (
    "id", "signup_id", "kind", "queue", "state", "attempts", "crashes", "claim", "run_at", "due_in", "error_code",
    "provider_id", "created_at", "finished_at", "tried_at",
)  # fmt: skip


def news(connection: Connection, watched: Sequence[Watched]) -> dict[UUID, News | None]:
    """What is new, by sign-up; those of which nothing is new are left out. None: there is no such sign-up (any more).

    `News.signup.jobs` are those that have something new, in the order in which they were owed; `lines` are in the order of
    their numbers. Hidden jobs are never among them.
    """
    parameters = {
        "ids": [one.id for one in watched],
        "marks": [one.marks for one in watched],
        "confirmed": [one.confirmed for one in watched],
    }
    drafts: dict[UUID, _Draft] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_NEWS, parameters):
            _note(drafts.setdefault(row["watched_id"], _Draft(row)), row)
    return {signup_id: _made(draft) for signup_id, draft in drafts.items()}


def _note(draft: _Draft, row: dict[str, Any]) -> None:
    if row["id"] is None:
        return
    if row["id"] not in draft.jobs:
        draft.jobs[row["id"]] = (row["seq"], JobView(**{name: row[name] for name in _OF_JOB}))
    if row["line_id"] is not None:
        draft.lines.append(
            Line(
                id=row["line_id"],
                job_id=row["id"],
                event=row["event"],
                claim=row["line_claim"],
                attempt=row["line_attempt"],
                code=row["line_code"],
            )
        )


def _made(draft: _Draft) -> News | None:
    row = draft.row
    if row["signed_up_at"] is None:
        return None
    view = SignupView(
        id=row["watched_id"],
        created_at=row["signed_up_at"],
        asks=row["asks"],
        confirmed_at=row["confirmed_at"],
        jobs=tuple(job for _, job in sorted(draft.jobs.values(), key=itemgetter(0))),
    )
    return News(view, draft.lines)
