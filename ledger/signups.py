"""Taking a sign-up: person, sign-up, fact and every job it owes, in one statement and so in one commit.

The one place where jobs come into being. What is owed, and under which policy, is decided above (`jobs.owing`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.ids import new_ids


@dataclass(frozen=True, slots=True)
class Owed:
    """A job to be: the kind's declaration and the validated payload, copied onto the row."""

    kind: str
    queue: str
    provider: str  # one person's jobs that touch the same provider keep their order
    payload: dict[str, Any]
    once: bool  # at most one such effect for one person, ever
    max_retries: int | None
    max_age: float  # seconds
    time_limit: float  # seconds
    resend: bool


@dataclass(frozen=True, slots=True)
class OwedJob:
    """A job as it stands right after it was owed."""

    id: UUID
    kind: str
    queue: str


@dataclass(frozen=True, slots=True)
class Signup:
    """A sign-up that is on disk."""

    id: UUID
    created_at: datetime
    jobs: tuple[OwedJob, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sign-up to be: who wants it, the fact it states, and what is owed for it."""

    fact: str
    address: str
    name: str | None
    locale: str | None
    owed: Sequence[Owed]


# The person's row is inserted or, for an address already known, touched: either way this transaction holds its lock
# before it draws `seq` for the jobs, so jobs of one person are numbered in the order in which they commit.
# What was typed for a known address changes nothing: an anonymous form is no proof of who is writing.
#
# Rows come as two JSON texts and not as an array for each column: one is written in a tenth of the time. People are put
# in by address, so that two groups that share some of them cannot wait for each other.
_RECORD = """
WITH wanted AS (
    SELECT w.* FROM set_config('lock_timeout', %s, true),
         ROWS FROM (json_to_recordset(%s::json) AS (id uuid, subscriber_id uuid, fact_id uuid, fact text, address text,
                                                    name text, locale text))
             WITH ORDINALITY AS w(id, subscriber_id, fact_id, fact, address, name, locale, nth)
), person AS (
    INSERT INTO subscribers (id, address, name, locale)
    SELECT DISTINCT ON (address) subscriber_id, address, name, locale FROM wanted ORDER BY address, nth
    ON CONFLICT (address) DO UPDATE SET signed_up_at = now()
    RETURNING id, address
), signup AS (
    INSERT INTO signups (id, subscriber_id) SELECT wanted.id, person.id FROM wanted JOIN person USING (address)
    RETURNING id, subscriber_id
), fact AS (
    INSERT INTO facts (id, name, subscriber_id, signup_id)
    SELECT wanted.fact_id, wanted.fact, signup.subscriber_id, signup.id FROM wanted JOIN signup USING (id)
    RETURNING id, subscriber_id, signup_id
), owed AS (
    INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, once_key,
                      max_retries, give_up_at, time_limit, resend)
    SELECT o.id, hashtextextended(fact.subscriber_id::text || o.provider, 0), fact.id, fact.signup_id,
           fact.subscriber_id, o.kind, o.queue, o.provider, o.payload,
           CASE WHEN o.once THEN o.kind || ' ' || fact.subscriber_id END,
           o.max_retries, now() + make_interval(secs => o.max_age), o.time_limit, o.resend
    FROM fact JOIN
         ROWS FROM (json_to_recordset(%s::json) AS (signup_id uuid, id uuid, kind text, queue text, provider text,
                                                    payload jsonb, once boolean, max_retries integer, max_age float8,
                                                    time_limit real, resend boolean))
             WITH ORDINALITY AS o(signup_id, id, kind, queue, provider, payload, once, max_retries, max_age, time_limit,
                                  resend, nth) USING (signup_id)
    ORDER BY o.nth
)
SELECT now() AS created_at
"""


def record(
    connection: Connection,
    *,
    fact: str,
    address: str,
    name: str | None,
    locale: str | None,
    owed: Sequence[Owed],
) -> Signup:
    """Put one sign-up and all it owes on disk: see `record_all`."""
    (signup,) = record_all(connection, [Wanted(fact, address, name, locale, owed)])
    return signup


def record_all(connection: Connection, wanted: Sequence[Wanted], *, lock_wait_s: float = 0) -> list[Signup]:
    """Put these sign-ups and all they owe on disk, in one statement: when this returns, the transaction has committed.

    An address already known leads to the same person and owes the same jobs; what must not happen twice is marked
    `once` and found done when it is claimed. Raises psycopg's errors, and then nothing is stored, of none of them:
    `LockNotAvailable` where somebody else has held one of the people for `lock_wait_s` seconds (0: no such limit).
    """
    ids = new_ids(sum(3 + len(one.owed) for one in wanted))
    drafts = [(next(ids), [(next(ids), job) for job in one.owed], one) for one in wanted]
    signups = [
        {
            "id": str(signup_id),
            "subscriber_id": str(next(ids)),
            "fact_id": str(next(ids)),
            "fact": one.fact,
            "address": one.address,
            "name": one.name,
            "locale": one.locale,
        }
        for signup_id, _, one in drafts
    ]
    jobs = [_job(signup_id, job_id, job) for signup_id, owed, _ in drafts for job_id, job in owed]
    row = connection.execute(_RECORD, (str(int(1000 * lock_wait_s)), json.dumps(signups), json.dumps(jobs))).fetchone()
    assert row is not None
    return [
        Signup(signup_id, row[0], tuple(OwedJob(job_id, job.kind, job.queue) for job_id, job in owed))
        for signup_id, owed, _ in drafts
    ]


def _job(signup_id: UUID, job_id: UUID, job: Owed) -> dict[str, Any]:
    return {
        "signup_id": str(signup_id),
        "id": str(job_id),
        "kind": job.kind,
        "queue": job.queue,
        "provider": job.provider,
        "payload": job.payload,
        "once": job.once,
        "max_retries": job.max_retries,
        "max_age": job.max_age,
        "time_limit": job.time_limit,
        "resend": job.resend,
    }


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person, as the ledger knows them."""

    id: UUID
    address: str
    name: str | None
    locale: str | None


def find(connection: Connection, address: str) -> Subscriber | None:
    """The person with this address, or None."""
    with connection.cursor(row_factory=class_row(Subscriber)) as cursor:
        return cursor.execute(
            "SELECT id, address, name, locale FROM subscribers WHERE address = %s",
            (address,),
        ).fetchone()
