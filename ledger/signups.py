"""Taking a sign-up: person, sign-up, fact and every job it owes, in one statement and so in one commit.

The one place where jobs come into being. What is owed, and under which policy, is decided above (`jobs.owing`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ledger.connection import Connection


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


# The person's row is inserted or, for an address already known, touched: either way this transaction holds its lock
# before it draws `seq` for the jobs, so jobs of one person are numbered in the order in which they commit.
# What was typed for a known address changes nothing: an anonymous form is no proof of who is writing.
_RECORD = """
WITH person AS (
    INSERT INTO subscribers (id, address, name, locale)
    VALUES (%(subscriber_id)s, %(address)s, %(name)s, %(locale)s)
    ON CONFLICT (address) DO UPDATE SET signed_up_at = now()
    RETURNING id
), signup AS (
    INSERT INTO signups (id, subscriber_id) SELECT %(signup_id)s, id FROM person RETURNING id
), fact AS (
    INSERT INTO facts (id, name, subscriber_id, signup_id)
    SELECT %(fact_id)s, %(fact)s, person.id, signup.id FROM person, signup
    RETURNING id
), owed AS (
    INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, once_key,
                      max_retries, give_up_at, time_limit, resend)
    SELECT o.id, hashtextextended(person.id::text || o.provider, 0), fact.id, signup.id, person.id, o.kind, o.queue,
           o.provider, o.payload, CASE WHEN o.once THEN o.kind || ' ' || person.id END,
           o.max_retries, now() + make_interval(secs => o.max_age), o.time_limit, o.resend
    FROM person, signup, fact,
         unnest(%(ids)s::uuid[], %(kinds)s::text[], %(queues)s::text[], %(providers)s::text[], %(payloads)s::jsonb[],
                %(onces)s::boolean[], %(max_retries)s::integer[], %(max_ages)s::float8[], %(time_limits)s::real[],
                %(resends)s::boolean[])
           WITH ORDINALITY AS o(id, kind, queue, provider, payload, once, max_retries, max_age, time_limit, resend, nth)
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
    """Put the sign-up and all it owes on disk: when this returns, the transaction has committed.

    An address already known leads to the same person and owes the same jobs; what must not happen twice is marked
    `once` and found done when it is claimed. Raises psycopg's errors, and then nothing is stored.
    """
    signup_id = uuid4()
    jobs = tuple(OwedJob(uuid4(), job.kind, job.queue) for job in owed)
    row = connection.execute(
        _RECORD,
        {
            "subscriber_id": uuid4(),
            "signup_id": signup_id,
            "fact_id": uuid4(),
            "fact": fact,
            "address": address,
            "name": name,
            "locale": locale,
            "ids": [job.id for job in jobs],
            "kinds": [job.kind for job in owed],
            "queues": [job.queue for job in owed],
            "providers": [job.provider for job in owed],
            "payloads": [Jsonb(job.payload) for job in owed],
            "onces": [job.once for job in owed],
            "max_retries": [job.max_retries for job in owed],
            "max_ages": [float(job.max_age) for job in owed],  # psycopg sends no list of integers and floats
            "time_limits": [float(job.time_limit) for job in owed],
            "resends": [job.resend for job in owed],
        },
    ).fetchone()
    assert row is not None
    return Signup(id=signup_id, created_at=row[0], jobs=jobs)


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
