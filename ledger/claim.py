"""Claiming: an executor turns messages into work it alone may finish.

A compare-and-set from queued to running under a new claim number. Any message for a queued job may claim it; a message
delivered twice finds nothing queued and so does nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in the hands of one executor, with the person it is for as they are now, not as they were when it was owed."""

    id: UUID
    claim: int
    attempts: int
    payload: dict[str, Any]
    max_retries: int | None
    budget_left: float  # seconds until it is given up
    time_limit: float  # seconds from now to its deadline
    resend: bool
    intended_before: bool  # an earlier claim went past its point of no return and never answered
    done_before: bool  # its effect must take place once, and another job has had it (or may have)
    subscriber_id: UUID | None
    address: str | None
    name: str | None
    locale: str | None


_CLAIM = """
WITH claimed AS (
    UPDATE jobs SET state = 'running', claim = claim + 1, claimer = %(executor)s, leased_at = NULL,
                    deadline = now() + make_interval(secs => time_limit)
    WHERE id IN (SELECT id FROM jobs WHERE id = ANY(%(ids)s) AND state = 'queued' AND kind = %(kind)s
                 ORDER BY id FOR UPDATE)
    RETURNING *
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, worker, message_id)
    SELECT id, 'claimed', claim, attempts, %(executor)s, %(message_id)s FROM claimed
)
SELECT job.id, job.claim, job.attempts, job.payload, job.max_retries, job.time_limit, job.resend,
       extract(epoch FROM job.give_up_at - now())::float8 AS budget_left,
       job.intent > job.settled AS intended_before,
       effect.once_key IS NOT NULL AS done_before,
       job.subscriber_id, person.address, person.name, person.locale
FROM claimed AS job
LEFT JOIN subscribers AS person ON person.id = job.subscriber_id
LEFT JOIN effects AS effect ON effect.once_key = job.once_key AND effect.job_id <> job.id
"""

# The point of no return: from here on a lost answer leaves doubt. Refused to a claim that is not the current one.
_INTEND = """
UPDATE jobs SET intent = claim WHERE id = %(id)s AND claim = %(claim)s AND state = 'running'
"""


def claim(
    connection: Connection,
    ids: Collection[UUID],
    *,
    kind: str,
    executor: UUID,
    message_id: UUID,
) -> list[Claimed]:
    """Claim those of the jobs that are still queued, for `executor`; the rest belongs to somebody else or to nobody."""
    with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        return cursor.execute(
            _CLAIM,
            {"ids": list(ids), "kind": kind, "executor": executor, "message_id": message_id},
        ).fetchall()


def intend(connection: Connection, job_id: UUID, claim: int) -> bool:
    """Record that `claim` is about to do what cannot be taken back; False where it has been fenced off, and must not."""
    return connection.execute(_INTEND, {"id": job_id, "claim": claim}).rowcount == 1
