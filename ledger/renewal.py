"""A fresh link to their preferences, owed to somebody who asked for one by an old mail of ours.

It changes nothing about the person, and is no yes to anything: who never said yes is forgotten all the same (`forgetting`).
"""

from collections.abc import Sequence
from uuid import UUID

from ledger import people
from ledger.connection import Connection
from ledger.owed import Owed, owe


def renew(connection: Connection, subscriber_id: UUID, *, fact: str, owed: Sequence[Owed]) -> bool:
    """State that they want it, and owe what follows. False where there is no such person, or they are being erased."""
    with connection.transaction():
        if people.held(connection, subscriber_id) is None:
            return False
        owe(connection, subscriber_id, fact=fact, owed=owed)
    return True
