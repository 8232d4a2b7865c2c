"""Confirming: somebody has followed the link in a mail to their address, so what was asked for in their name was asked by them.

It counts once for each sign-up. What it brings about is owed in the same commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from ledger import people
from ledger.asking import ANSWERED
from ledger.connection import Connection
from ledger.leaving import Parting, leave
from ledger.owed import Owed, owe

Confirmed = Literal["confirmed", "already", "gone"]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A sign-up that a mail asked about, and the person it would be for."""

    signup_id: UUID
    subscriber_id: UUID
    address: str
    locale: str | None
    asked_at: datetime
    confirmed_at: datetime | None
    replaces: UUID | None  # the person whose address it corrects


_FIND = """
SELECT signups.id AS signup_id, person.id AS subscriber_id, person.address, person.locale, signups.created_at AS asked_at,
       signups.confirmed_at, signups.replaces
FROM signups JOIN subscribers AS person ON person.id = signups.subscriber_id
WHERE signups.id = %s AND person.erasing_at IS NULL
"""

_CONFIRM = """
UPDATE signups SET confirmed_at = now(), confirmed_from = %(client)s, confirmed_shown = %(shown)s
WHERE id = %(signup_id)s AND confirmed_at IS NULL
RETURNING asks
"""

# Fresh consent: whatever they had turned their back on before. Only who corrects an address wants no more than at the old one, and
# keeps their name: it comes along now, and not when the address was asked, which may be a stranger's.
_WELCOME_BACK = f"""
WITH forgiven AS (
    DELETE FROM suppressions WHERE digest = %(digest)s
)
UPDATE subscribers
SET confirmed_at = now(), left_at = NULL, {ANSWERED}, name = coalesce(name, (SELECT name FROM subscribers WHERE id = %(replaces)s)),
    unwanted = coalesce((SELECT unwanted FROM subscribers WHERE id = %(replaces)s), '{{}}')
WHERE id = %(subscriber_id)s
"""


def confirmation(connection: Connection, signup_id: UUID) -> Confirmation | None:
    """What is to be confirmed; None where the sign-up, or the person, is gone."""
    with connection.cursor(row_factory=class_row(Confirmation)) as cursor:
        return cursor.execute(_FIND, (signup_id,)).fetchone()


def confirm(
    connection: Connection,
    asked: Confirmation,
    *,
    fact: str,
    owed: Sequence[Owed],
    parting: Parting,
    digest: bytes,
    client: str | None,
    shown: str,
) -> Confirmed:
    """Confirm the sign-up and owe what it brings about, unless that was done before.

    `parting`: what follows where the sign-up corrects an address, and whoever had the old one leaves.
    `digest`: the address as the suppression list has it. `client`, `shown`: for the consent record.
    """
    with connection.transaction():
        both = sorted({asked.subscriber_id, asked.replaces or asked.subscriber_id})
        held = {one: people.held(connection, one) for one in both}  # in one order, or two could wait for each other
        if held[asked.subscriber_id] is None:
            return "gone"
        found = connection.execute(
            _CONFIRM, {"signup_id": asked.signup_id, "client": client, "shown": shown}
        ).fetchone()
        if found is None:
            return "already"
        (asks,) = found
        connection.execute(
            _WELCOME_BACK, {"subscriber_id": asked.subscriber_id, "digest": digest, "replaces": asked.replaces}
        )
        # Beside a question that nobody saw, what follows from it is not seen either.
        owe(connection, asked.subscriber_id, fact=fact, owed=owed, signup_id=asked.signup_id, hidden=not asks)
        if asked.replaces is not None:
            leave(connection, asked.replaces, parting)
    return "confirmed"
