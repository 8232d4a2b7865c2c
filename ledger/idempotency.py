"""Answers to be given again: which sign-up a caller's key has led to, so that a repetition leads to no other.

Separate from the sign-up itself, which knows of no caller. Key, lock, sign-up and answer are one transaction: what was
rolled back was never remembered, and the lock of a process that was killed goes with its session. It must never hold
what a caller sent: key and fingerprint are HMACs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from ledger.connection import Connection

LIFETIME = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 1_000

# A number of 64 bits out of the key's 256: two keys of which one waits for the other by accident are not to be expected.
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"

# A statement of its own, after the lock: one that did both would look at the ledger as it was before it had the lock.
_FIND = "SELECT fingerprint, signup_id, answer FROM idempotency_keys WHERE key = %s AND expires_at > now()"

# One that has expired and was not forgotten yet is in nobody's way.
_REMEMBER = """
INSERT INTO idempotency_keys AS known (key, fingerprint, signup_id, answer, expires_at)
VALUES (%s, %s, %s, %s, now() + %s)
ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, signup_id = excluded.signup_id,
                                answer = excluded.answer, expires_at = excluded.expires_at
WHERE known.expires_at <= now()
"""

_FORGET = """
DELETE FROM idempotency_keys WHERE key = ANY(ARRAY(
    SELECT key FROM idempotency_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """It was recorded just now, and `answer` is remembered. Committed when `once` returns it."""

    signup_id: UUID
    answer: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """It had been recorded already; `answer` is what was said then, to the letter."""

    signup_id: UUID
    answer: str


@dataclass(frozen=True, slots=True)
class InFlight:
    """Another request with this key is being answered at this moment."""


@dataclass(frozen=True, slots=True)
class Differs:
    """The key belongs to a request with another fingerprint."""


Outcome: TypeAlias = Taken | Replayed | InFlight | Differs


class KeyTakenError(Exception):
    """Somebody has remembered another answer under this key: it was recorded without the key's lock."""


def once(connection: Connection, key: bytes, fingerprint: bytes, record: Callable[[], tuple[UUID, str]]) -> Outcome:
    """Call `record` unless it has been called under this key within the last 24 hours; it returns the sign-up's id and the
    answer, and writes on this connection. What it raises, this raises, and then nothing is stored.

    Waits for nobody who holds the same key.
    """
    with connection.transaction():
        if not _try_lock(connection, key):
            return InFlight()
        known = connection.execute(_FIND, (key,)).fetchone()
        if known is not None:
            found, signup_id, answer = known
            return Replayed(signup_id, answer) if found == fingerprint else Differs()
        signup_id, answer = record()
        if connection.execute(_REMEMBER, (key, fingerprint, signup_id, answer, LIFETIME)).rowcount != 1:
            raise KeyTakenError
        return Taken(signup_id, answer)


def forget(connection: Connection, most: int = FORGOTTEN_AT_ONCE) -> int:
    """Forget at most so many of those that have expired; returns how many."""
    return connection.execute(_FORGET, (most,)).rowcount


def _try_lock(connection: Connection, key: bytes) -> bool:
    """Whether this transaction is alone with the key, until its end. Does not wait."""
    row = connection.execute(_TRY_LOCK, (int.from_bytes(key[:8], signed=True),)).fetchone()
    assert row is not None
    locked: bool = row[0]
    return locked
