"""What is owed to somebody, ready to become jobs: the one place where jobs come into being.

What is owed, and under which policy, is decided above (`jobs.owing`). Jobs of one person that touch the same provider keep the
order in which they were owed: their key is made of the address, so that it holds for somebody who was erased and has come
back as well.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

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
    muted: bool = False  # it goes its way and has no effect


@dataclass(frozen=True, slots=True)
class OwedJob:
    """A job as it stands right after it was owed."""

    id: UUID
    kind: str
    queue: str


TEMPLATES = """json_to_recordset(%s::json) AS o(list integer, nth integer, kind text, queue text, provider text, payload jsonb,
    once boolean, max_retries integer, max_age float8, time_limit real, resend boolean, muted boolean, only_if_gone boolean)"""
"""What is owed, each list once however many are owed it; the jobs' ids come beside it. One JSON text and not an array for each
column: that is written in a tenth of the time. See `templates`."""

COLUMNS = """id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, once_key,
             max_retries, give_up_at, time_limit, resend, muted, hidden"""


def values(muted: str = "o.muted") -> str:
    """The values of COLUMNS but for the last, from `person` (id, address), `fact` (id, signup_id), `wanted` (jobs) and `o`, one of
    TEMPLATES. `muted`: what says that it has no effect; such a job waits for nobody and holds nobody up.
    """
    return f"""wanted.jobs[o.nth],
            hashtextextended(CASE WHEN {muted} THEN wanted.jobs[o.nth]::text ELSE person.address || ' ' || o.provider END, 0),
            fact.id, fact.signup_id, person.id, o.kind, o.queue, o.provider, o.payload,
            CASE WHEN o.once THEN o.kind || ' ' || person.id END,
            o.max_retries, now() + make_interval(secs => o.max_age), o.time_limit, o.resend, {muted}"""


MOST_TEXTS = 256
_texts: dict[tuple[int, ...], tuple[object, str]] = {}

_OWE = f"""
WITH wanted AS (
    SELECT %s::uuid[] AS jobs
), person AS (
    SELECT id, address FROM subscribers WHERE id = %s FOR NO KEY UPDATE
), fact AS (
    INSERT INTO facts (id, name, subscriber_id, signup_id) SELECT %s, %s, person.id, %s::uuid FROM person
    RETURNING id, signup_id
)
INSERT INTO jobs ({COLUMNS})
SELECT {values()}, %s FROM wanted, person, fact, {TEMPLATES} ORDER BY o.nth
"""


def templates(lists: Iterable[tuple[Sequence[Owed], Sequence[Owed]]]) -> str:
    """TEMPLATES' parameter. The second part of each list is owed only where the person has left.

    Kept by the lists' identity, since doors hand in the same ones again and again: writing it is a tenth of a sign-up.
    """
    given = tuple(lists)
    key = tuple(id(part) for one in given for part in one)
    kept = _texts.get(key)
    if kept is None:
        if len(_texts) >= MOST_TEXTS:
            _texts.clear()
        kept = _texts[key] = (given, _written(given))  # with the lists, so that nothing else can get their identity
    return kept[1]


def _written(lists: Iterable[tuple[Sequence[Owed], Sequence[Owed]]]) -> str:
    return json.dumps(
        [
            _template(number, nth, job, only_if_gone=nth > len(owed))
            for number, (owed, to_ask) in enumerate(lists)
            for nth, job in enumerate((*owed, *to_ask), 1)
        ]
    )


def _template(number: int, nth: int, job: Owed, *, only_if_gone: bool) -> dict[str, Any]:
    return {
        "list": number,
        "nth": nth,
        "kind": job.kind,
        "queue": job.queue,
        "provider": job.provider,
        "payload": job.payload,
        "once": job.once,
        "max_retries": job.max_retries,
        "max_age": job.max_age,
        "time_limit": job.time_limit,
        "resend": job.resend,
        "muted": job.muted,
        "only_if_gone": only_if_gone,
    }


def owe(
    connection: Connection,
    subscriber_id: UUID,
    *,
    fact: str,
    owed: Sequence[Owed],
    signup_id: UUID | None = None,
    hidden: bool = False,
) -> None:
    """State the fact about somebody who is known, and owe what follows from it. In the transaction of whatever made it so."""
    fact_id, *jobs = new_ids(1 + len(owed))
    connection.execute(_OWE, (jobs, subscriber_id, fact_id, fact, signup_id, hidden, templates([(owed, ())])))
