"""Messages: what was published and is not claimed yet, a row for each message however many jobs it names.

From here a relay knows how much is on the wire, and what must have been lost there. A row goes when its message is
claimed, or when it was given up; the message itself may arrive all the same, and then claims what is queued of its jobs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.connection import Connection


@dataclass(frozen=True, slots=True)
class Message:
    """What a relay publishes: jobs of one kind. Where it carries one job alone, its id is the job's."""

    id: UUID
    kind: str
    provider: str
    jobs: Sequence[UUID]


# Under an id that is on the wire already (a job that went alone before, and whose message was thought lost) the later one counts.
# It has a row of its own: whoever is removing the earlier one at this moment, because it was claimed or given up, must not reach it.
_REPLACE = "DELETE FROM messages WHERE id = ANY(%s)"

_RECORD = """
INSERT INTO messages (id, queue, provider, jobs)
SELECT named.message, %(queue)s, named.provider, array_agg(named.job ORDER BY named.nth)
FROM unnest(%(messages)s::uuid[], %(providers)s::text[], %(jobs)s::uuid[]) WITH ORDINALITY AS named(message, provider, job, nth)
GROUP BY named.message, named.provider
"""

# What never arrived is due again at once; and if it was to probe a circuit, another may.
# A row that somebody holds is left for the next look: waiting for it would blind the relay to everything else.
_GIVE_BACK = """
WITH lost AS (
    SELECT id, jobs FROM messages WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE SKIP LOCKED
), held AS (
    SELECT jobs.id, lost.id AS message FROM lost, unnest(lost.jobs) AS named(id) JOIN jobs USING (id)
    WHERE jobs.state = 'queued'
), returned AS (
    UPDATE jobs SET state = 'staged'
    WHERE id IN (SELECT jobs.id FROM jobs JOIN held USING (id) WHERE state = 'queued' ORDER BY id FOR UPDATE OF jobs SKIP LOCKED)
    RETURNING id
), freed AS (
    UPDATE circuits SET probe_at = now() FROM returned WHERE probe_job = returned.id
), forgotten AS (
    DELETE FROM messages USING lost
    WHERE messages.id = lost.id
      AND lost.id NOT IN (SELECT message FROM held WHERE held.id NOT IN (SELECT id FROM returned))
)
SELECT count(*) FROM returned
"""


def record(connection: Connection, queue: str, messages: Sequence[Message]) -> None:
    """Note that these are about to be published. In the transaction that leases their jobs."""
    named = [(message.id, message.provider, job) for message in messages for job in message.jobs]
    parameters = {
        "queue": queue,
        "messages": [message for message, _, _ in named],
        "providers": [provider for _, provider, _ in named],
        "jobs": [job for _, _, job in named],
    }
    if named_after_their_job := [message.id for message in messages if message.id in message.jobs]:
        connection.execute(_REPLACE, (named_after_their_job,))
    connection.execute(_RECORD, parameters)


def give_back(connection: Connection, ids: Collection[UUID]) -> int:
    """Undo the lease of those jobs of these messages that nobody has claimed meanwhile; returns how many."""
    row = connection.execute(_GIVE_BACK, {"ids": list(ids)}).fetchone()
    assert row is not None
    return int(row[0])


def unclaimed(connection: Connection, queue: str, *, after: float) -> list[UUID]:
    """The messages of `queue` that nobody has claimed for more than `after` seconds, longest first."""
    rows = connection.execute(
        "SELECT id FROM messages WHERE queue = %s AND published_at < now() - make_interval(secs => %s) ORDER BY published_at",
        (queue, after),
    )
    return [row[0] for row in rows]
