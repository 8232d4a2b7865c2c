"""A fresh link to their preferences, owed to somebody who asked for one by an old mail of ours.

It changes nothing about the person, and is no yes to anything: who never said yes is forgotten all the same (`forgetting`).
"""

from collections.abc import Sequence
from uuid import UUID

from ledger import people
from ledger.asking import PAUSE
from ledger.connection import Connection
from ledger.owed import Owed, owe

_ASKED_LATELY = """
SELECT FROM facts WHERE subscriber_id = %s AND signup_id IS NULL AND name = %s AND happened_at > now() - %s
"""


def renew(connection: Connection, subscriber_id: UUID, *, fact: str, owed: Sequence[Owed]) -> bool:
    """State that they want it, and owe what follows. False where there is no such person, or they are being erased.

    Somebody who has left gets one a day at most, and nobody can tell: whoever has an old mail of theirs could have them mailed for ever.
    """
    with connection.transaction():
        person = people.held(connection, subscriber_id)
        if person is None:
            return False
        if person.left_at is None or not _was_asked_lately(connection, subscriber_id, fact):
            owe(connection, subscriber_id, fact=fact, owed=owed)
    return True


def _was_asked_lately(connection: Connection, subscriber_id: UUID, fact: str) -> bool:
    return connection.execute(_ASKED_LATELY, (subscriber_id, fact, PAUSE)).fetchone() is not None
