"""Erasure: somebody wants to be forgotten. What is ours goes at once, what is the provider's as soon as it can be reached.

At once: name, language, consent, every job that has ended or not begun, with its history, dead letters included. What stays until the
provider has forgotten them is a row without anything of theirs, and the one job that carries the address to the provider. Then that
goes too (`complete`), and all that is left is an HMAC of the address among the suppressions, so that nobody adds them again by
accident. A job in hands right now is left to its end, and goes with the rest.
"""

from collections.abc import Sequence
from uuid import UUID

from ledger import people
from ledger.asking import ANSWERED
from ledger.connection import Connection
from ledger.leaving import Parting, leave
from ledger.owed import Owed, owe
from ledger.removal import THEIRS, remove_people
from ledger.states import State

BATCH = 100  # people whose erasure is completed at a time

_KEEP_AWAY = """
INSERT INTO suppressions (digest) SELECT %(digest)s FROM subscribers WHERE id = %(person)s AND erasing_at IS NULL
ON CONFLICT DO NOTHING
"""

# `.invalid` is nobody's (RFC 2606), and the row's own id keeps it unique.
_ANONYMOUS = f"""
WITH consents AS (
    UPDATE signups SET shown = NULL, origin = NULL, client = NULL, confirmed_from = NULL, confirmed_shown = NULL
    WHERE subscriber_id = %(person)s
), answers AS (
    DELETE FROM idempotency_keys WHERE signup_id IN (SELECT id FROM signups WHERE subscriber_id = %(person)s)
)
UPDATE subscribers
SET address = id || '@erased.invalid', name = NULL, locale = NULL, unwanted = '{{}}', confirmed_at = NULL,
    left_at = now(), erasing_at = now(), {ANSWERED}
WHERE id = %(person)s
"""

# A queued one is on the wire: whoever gets that message finds nothing to claim.
_FORGET_JOBS = f"""
WITH theirs AS ({THEIRS}), mine AS (
    SELECT id FROM jobs WHERE id IN (SELECT id FROM theirs) AND state <> '{State.RUNNING}' ORDER BY id FOR UPDATE
), history AS (
    DELETE FROM job_events WHERE job_id IN (SELECT id FROM mine)
), freed AS (
    UPDATE circuits SET probe_at = now() FROM mine WHERE probe_job = mine.id
)
DELETE FROM jobs WHERE id IN (SELECT id FROM mine) AND state <> '{State.RUNNING}'
"""

# Everything has ended, and nothing of it waits for a person: where the provider could not be made to forget them, an operator
# sees a dead letter, and a replay completes it.
_ERASED = """
SELECT person.id FROM subscribers AS person
WHERE person.erasing_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM jobs WHERE subscriber_id = person.id AND signup_id IS NULL
                  AND (finished_at IS NULL OR awaits_decision))
  AND NOT EXISTS (SELECT FROM signups JOIN jobs ON jobs.signup_id = signups.id WHERE signups.subscriber_id = person.id
                  AND finished_at IS NULL)
ORDER BY person.erasing_at LIMIT %s FOR UPDATE SKIP LOCKED
"""


def erase(
    connection: Connection,
    subscriber_id: UUID,
    *,
    fact: str,
    owed: Sequence[Owed],
    parting: Parting,
    digest: bytes,
) -> bool:
    """Forget the person, and owe that others do. False where there is no such person; who asked before need not ask again.

    They leave first, with `parting`: should the rest fail they have at least left. `digest`: their address as the
    suppression list keeps it.
    """
    away = {"person": subscriber_id, "digest": digest}
    # In a commit of its own: a sign-up of the same address that has begun already, and waits for the row, must find one that has left.
    with connection.transaction():
        known = leave(connection, subscriber_id, parting)
        connection.execute(_KEEP_AWAY, away)
    with connection.transaction():
        if people.held(connection, subscriber_id) is None:
            return known
        connection.execute(_KEEP_AWAY, away)  # again, since they may have confirmed something in between
        connection.execute(_FORGET_JOBS, {"people": [subscriber_id]})
        # While the row still has its address, by which this waits behind what is at the provider in their name.
        owe(connection, subscriber_id, fact=fact, owed=owed)
        connection.execute(_ANONYMOUS, {"person": subscriber_id})
    return True


def complete(connection: Connection, *, most: int = BATCH) -> int:
    """Remove up to `most` people whom everybody has forgotten now; returns how many."""
    with connection.transaction():
        found = connection.execute(_ERASED, (most,)).fetchall()
        return remove_people(connection, [subscriber_id for (subscriber_id,) in found])
