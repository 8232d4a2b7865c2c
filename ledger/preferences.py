"""What somebody wants, by a link of their own: language, channels, and whether they are back after leaving."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger import people
from ledger.asking import ANSWERED
from ledger.connection import Connection
from ledger.leaving import Parting, part
from ledger.owed import Owed, owe


@dataclass(frozen=True, slots=True)
class Preferred:
    """`unwanted`: the queues they do not want jobs of. `nothing`: that is every one, so whoever has left stays so."""

    locale: str | None
    unwanted: frozenset[str]
    nothing: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The consent record of what they turned on: an id for it, where they were, and what was shown."""

    id: UUID
    client: str | None
    shown: str


# Saying what one wants is fresh consent to that, and being back. The proof of an address is the mail its link was in.
_PREFER = f"""
WITH forgiven AS (
    DELETE FROM suppressions WHERE digest = %(digest)s
)
UPDATE subscribers SET locale = %(locale)s, unwanted = %(unwanted)s, confirmed_at = now(), left_at = NULL, {ANSWERED}
WHERE id = %(person)s
"""

_PREFER_NOTHING = "UPDATE subscribers SET locale = %(locale)s, unwanted = %(unwanted)s WHERE id = %(person)s"

_RECORD = """
INSERT INTO signups (id, subscriber_id, door, shown, client, confirmed_at, confirmed_from, confirmed_shown)
VALUES (%(id)s, %(person)s, 'preferences', %(shown)s, %(client)s, now(), %(client)s, %(shown)s)
"""


def prefer(
    connection: Connection,
    subscriber_id: UUID,
    preferred: Preferred,
    *,
    watched: str,
    wanted_again: tuple[str, Sequence[Owed]],
    unwanted_now: Parting,
    digest: bytes,
    record: Record,
) -> bool:
    """Note what the person wants. False where there is no such person.

    `watched`: the queue whose provider keeps a list of its own, and must be told of a change: `wanted_again` (a fact and
    what it owes) or `unwanted_now`. `digest`: the address as the suppression list has it.
    """
    with connection.transaction():
        person = people.held(connection, subscriber_id)
        if person is None:
            return False
        parameters = {
            "person": subscriber_id,
            "locale": preferred.locale,
            "unwanted": sorted(preferred.unwanted),
            "digest": digest,
        }
        connection.execute(_PREFER_NOTHING if preferred.nothing else _PREFER, parameters)
        had = person.left_at is None and watched not in person.unwanted
        wants = watched not in preferred.unwanted
        if wants and not had:
            where = {"id": record.id, "person": subscriber_id, "client": record.client, "shown": record.shown}
            connection.execute(_RECORD, where)
            fact, owed = wanted_again
            owe(connection, subscriber_id, fact=fact, owed=owed)
        if had and not wants:
            part(connection, subscriber_id, unwanted_now)
    return True
