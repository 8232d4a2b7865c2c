"""A provider's circuit, shared by all workers of all machines: closed, open, or probing with one job at a time.

It opens on a run of failures, or at once on an operator's fault or when the provider asks everybody to wait. While it is
open no job of that provider is leased or claimed, and so none spends an attempt. When its time has come one job probes. A
success closes it: what waited only because of it is pulled forward, and the window opens again in steps, not at once.
No library does this over PostgreSQL; those that exist keep the state in one process, or in Redis, which here may be wiped
at any moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.lease import HEAD
from ledger.messages import Message
from ledger.states import DUE, sql_list

CircuitState = Literal["closed", "open", "probing"]

FAILURES = 10
"""In a row. At a provider that fails every second call, a run this long is one in a thousand; at one that is down it
takes less than a second of a pool's time."""

FIRST_PROBE_S = 1.0
LONGEST_PROBE_S = 15.0
"""One call every quarter of a minute harms nobody, and is how late we may notice that the API is back."""

PULL_S = 30.0
"""For so long after it has closed, answers from before may still come in."""

PROBE_PATIENCE_S = 60.0
"""A probe that has not answered in so long is lost, and another job may try."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit as operators see it."""

    provider: str
    state: CircuitState
    failures: int
    openings: int
    reason: str | None
    probe_at: datetime | None
    changed_at: datetime


# Returns the state before and after, so that whoever changed it can say so.
_FAILED = f"""
INSERT INTO circuits AS circuit (provider, state, failures, trips, openings, reason, probe_at)
SELECT %(provider)s, CASE WHEN opens THEN 'open' ELSE 'closed' END, 1, opens::int, opens::int,
       CASE WHEN opens THEN %(code)s END,
       CASE WHEN opens THEN now() + make_interval(secs => coalesce(%(hold)s, {FIRST_PROBE_S})) END
FROM (SELECT %(at_once)s::boolean OR {FAILURES} <= 1 AS opens) AS first
ON CONFLICT (provider) DO UPDATE SET
    failures = circuit.failures + 1,
    state = CASE WHEN circuit.state <> 'closed' OR %(at_once)s OR circuit.failures + 1 >= {FAILURES}
                 THEN 'open' ELSE 'closed' END,
    trips = CASE WHEN circuit.state = 'probing' OR (circuit.state = 'closed'
                      AND (%(at_once)s OR circuit.failures + 1 >= {FAILURES}))
                 THEN circuit.trips + 1 ELSE circuit.trips END,
    openings = CASE WHEN circuit.state = 'closed' AND (%(at_once)s OR circuit.failures + 1 >= {FAILURES})
                    THEN circuit.openings + 1 ELSE circuit.openings END,
    reason = CASE WHEN circuit.state <> 'closed' OR %(at_once)s OR circuit.failures + 1 >= {FAILURES}
                  THEN %(code)s END,
    probe_at = CASE
        WHEN circuit.state = 'open' THEN greatest(circuit.probe_at, now() + make_interval(secs => coalesce(%(hold)s, 0)))
        WHEN circuit.state = 'probing' OR %(at_once)s OR circuit.failures + 1 >= {FAILURES}
        THEN now() + make_interval(secs => coalesce(%(hold)s,
                 least({LONGEST_PROBE_S}, {FIRST_PROBE_S} * power(2, least(circuit.trips, 10)))))
        END,
    probe_job = NULL,
    changed_at = CASE WHEN circuit.state = 'closed' AND (%(at_once)s OR circuit.failures + 1 >= {FAILURES})
                      THEN now() ELSE circuit.changed_at END
-- While it is open, stragglers of the window before have no news; only the probe has, or one told to wait for longer.
WHERE circuit.state <> 'open' AND (circuit.state = 'closed' OR circuit.probe_job = %(job)s) OR %(hold)s IS NOT NULL
RETURNING state
"""

# Any success is good news, whoever brings it.
_SUCCEEDED = """
UPDATE circuits AS circuit SET state = 'closed', failures = 0, trips = 0, reason = NULL, probe_at = NULL,
       probe_job = NULL, changed_at = CASE WHEN before.state = 'closed' THEN circuit.changed_at ELSE now() END
FROM (SELECT provider, state FROM circuits WHERE provider = %(provider)s FOR UPDATE) AS before
WHERE circuit.provider = before.provider AND (before.state <> 'closed' OR circuit.failures > 0)
RETURNING before.state <> 'closed'
"""

# One due circuit, one job of its provider: the one due first, even if its own backoff is not over, but never one whose
# provider asked us to wait, and only the head of its line. Where there is none, the circuit goes on waiting for one.
_PROBE = f"""
WITH due AS (
    SELECT circuit.provider, pick.id
    FROM circuits AS circuit, LATERAL (
        SELECT job.id FROM (SELECT known.kind, tried FROM unnest(%(kinds)s::text[], %(providers)s::text[]) AS known(kind, provider),
                                 unnest(ARRAY[false, true]) AS tried WHERE known.provider = circuit.provider) AS lane,
             LATERAL (
                 SELECT job.id, job.run_at FROM jobs AS job
                 WHERE job.queue = %(queue)s AND job.kind = lane.kind AND job.tried = lane.tried AND job.finished_at IS NULL
                   AND job.state IN ({sql_list(DUE)})
                   AND coalesce(job.not_before, job.created_at) <= now()
                   AND {HEAD}
                 ORDER BY job.run_at LIMIT 1
             ) AS first, LATERAL (SELECT id FROM jobs WHERE id = first.id AND state IN ({sql_list(DUE)}) FOR UPDATE SKIP LOCKED) AS job
        ORDER BY first.run_at LIMIT 1
    ) AS pick
    WHERE circuit.state <> 'closed' AND circuit.probe_at <= now()
    ORDER BY circuit.probe_at LIMIT 1 FOR UPDATE OF circuit SKIP LOCKED
), probing AS (
    UPDATE circuits SET state = 'probing', probe_job = due.id,
                        probe_at = now() + make_interval(secs => {PROBE_PATIENCE_S})
    FROM due WHERE circuits.provider = due.provider
), queued AS (
    UPDATE jobs SET state = 'queued', provider = due.provider FROM due WHERE jobs.id = due.id
    RETURNING jobs.id, jobs.kind, jobs.queue, jobs.provider, ARRAY[jobs.id] AS jobs
), noted AS (
    INSERT INTO messages (id, queue, provider, jobs) SELECT id, queue, provider, jobs FROM queued
    ON CONFLICT (id) DO UPDATE SET published_at = now()
)
SELECT id, kind, provider, jobs FROM queued
"""

# Jobs that are waiting out a backoff which began before the circuit closed have nothing left to wait for. A circuit
# is done with when nothing of the kind was found for a while after it closed: otherwise all that will be tried again some day
# would be read once a second.
_PULL = f"""
WITH closed AS (
    SELECT provider, changed_at FROM circuits
    WHERE provider = ANY(%(providers)s) AND state = 'closed' AND openings > 0
      AND (pulled_at IS NULL OR pulled_at < changed_at + interval '{PULL_S} seconds')
), waiting AS (
    SELECT job.id FROM closed JOIN unnest(%(kinds)s::text[], %(providers)s::text[]) AS known(kind, provider) USING (provider), LATERAL (
        SELECT job.id, job.run_at FROM jobs AS job
        WHERE job.queue = %(queue)s AND job.kind = known.kind AND job.tried AND job.finished_at IS NULL AND job.state = 'retrying'
          AND job.run_at > now() AND (job.not_before IS NULL OR job.run_at > job.not_before)
          AND job.tried_at < closed.changed_at
        ORDER BY job.run_at LIMIT %(most)s
    ) AS job
    ORDER BY job.run_at LIMIT %(most)s
), pulled AS (
    UPDATE jobs SET run_at = greatest(now(), not_before)
    WHERE id IN (SELECT jobs.id FROM jobs JOIN waiting USING (id) WHERE jobs.state = 'retrying' FOR UPDATE OF jobs SKIP LOCKED)
    RETURNING id
), looked AS (
    UPDATE circuits SET pulled_at = now() FROM closed
    WHERE circuits.provider = closed.provider AND NOT EXISTS (SELECT FROM waiting)
)
SELECT count(*) FROM pulled
"""


def failed(
    connection: Connection,
    provider: str,
    *,
    code: str,
    job: UUID,
    at_once: bool = False,
    hold: float | None = None,
) -> bool:
    """Report a failure; True where the circuit is open now because of it.

    `at_once`: do not wait for a run of them (an operator's fault, or everybody was told to wait). `hold`: seconds the
    provider asked for before the next call.
    """
    row = connection.execute(
        _FAILED,
        {"provider": provider, "code": code, "job": job, "at_once": at_once or hold is not None, "hold": hold},
    ).fetchone()
    return row is not None and row[0] == "open"


def is_open(connection: Connection, provider: str) -> bool:
    """Whether nobody but a probe may call the provider now."""
    return (
        connection.execute("SELECT FROM circuits WHERE provider = %s AND state <> 'closed'", (provider,)).rowcount > 0
    )


def succeeded(connection: Connection, provider: str) -> bool:
    """Report a success; True where it has closed the circuit."""
    row = connection.execute(_SUCCEEDED, {"provider": provider}).fetchone()
    return row is not None and bool(row[0])


def probe(connection: Connection, queue: str, *, terms: Sequence[Terms]) -> list[Message]:
    """Lease one job to probe a circuit that is due for it; mostly there is none, and the list is empty."""
    with connection.cursor(row_factory=class_row(Message)) as cursor:
        return cursor.execute(_PROBE, {"queue": queue, **_lanes(terms)}).fetchall()


def pull_forward(connection: Connection, queue: str, *, terms: Sequence[Terms], most: int = 5_000) -> int:
    """Make up to `most` jobs due that waited only for a circuit that has closed; returns how many."""
    parameters = {"queue": queue, "most": most, **_lanes(terms)}
    row = connection.execute(_PULL, parameters).fetchone()
    assert row is not None
    return int(row[0])


def _lanes(terms: Sequence[Terms]) -> dict[str, list[str]]:
    return {"kinds": [one.kind for one in terms], "providers": [one.provider for one in terms]}


def all_of_them(connection: Connection) -> list[Circuit]:
    """Every circuit that has ever had a failure; a provider without a row is closed."""
    with connection.cursor(row_factory=class_row(Circuit)) as cursor:
        return cursor.execute(
            "SELECT provider, state, failures, openings, reason, probe_at, changed_at FROM circuits ORDER BY provider",
        ).fetchall()
