"""Leaving: from this commit on nothing goes to the person any more, whatever is still on its way.

Jobs that have not begun are called off, so that one that waits to be tried again does not hold up what tells the provider; one that
is in hands right now is followed by that, since both touch the same provider.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger import people
from ledger.connection import Connection
from ledger.decisions import ALLOWED, Verb, cancel
from ledger.owed import Owed, owe
from ledger.states import sql_list


@dataclass(frozen=True, slots=True)
class Parting:
    """What follows from not being wanted any more: the fact, what it owes, and the kinds of job that are pointless now."""

    fact: str
    owed: Sequence[Owed]
    pointless: Collection[str]


_OPEN = f"""
SELECT jobs.id FROM signups JOIN jobs ON jobs.signup_id = signups.id
WHERE signups.subscriber_id = %(person)s AND jobs.state IN ({sql_list(ALLOWED[Verb.CANCEL])}) AND jobs.kind = ANY(%(kinds)s)
UNION ALL
SELECT id FROM jobs WHERE subscriber_id = %(person)s AND signup_id IS NULL AND jobs.state IN ({sql_list(ALLOWED[Verb.CANCEL])}) AND kind = ANY(%(kinds)s)
"""


def leave(connection: Connection, subscriber_id: UUID, parting: Parting) -> bool:
    """Note that the person has left, and owe what tells the others. False where there is no such person.

    Done once: whoever has left already has, and nothing more is owed.
    """
    with connection.transaction():
        person = people.held(connection, subscriber_id)
        if person is not None and person.left_at is None:
            connection.execute("UPDATE subscribers SET left_at = now() WHERE id = %s", (subscriber_id,))
            part(connection, subscriber_id, parting)
    return person is not None or people.person(connection, subscriber_id) is not None


def part(connection: Connection, subscriber_id: UUID, parting: Parting) -> None:
    """Call off what is pointless now, and owe what follows. In the transaction of whatever made it so."""
    found = connection.execute(_OPEN, {"person": subscriber_id, "kinds": list(parting.pointless)}).fetchall()
    cancel(connection, [job for (job,) in found])
    owe(connection, subscriber_id, fact=parting.fact, owed=parting.owed)
