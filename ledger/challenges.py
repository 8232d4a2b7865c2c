"""Challenges that were solved: each solution opens the door once.

Separate because what a challenge is, and whether a solution is right, needs no ledger. It must never keep one for longer
than it could be used again.
"""

from datetime import datetime

from ledger.connection import Connection

MOST_FORGOTTEN = 5_000

_SPEND = "INSERT INTO spent_challenges (digest, expires_at) VALUES (%s, %s) ON CONFLICT (digest) DO NOTHING"

# Those that somebody is spending again at this moment are left for the next look.
_FORGET = """
DELETE FROM spent_challenges WHERE digest = ANY(ARRAY(
    SELECT digest FROM spent_challenges WHERE expires_at < now() - interval '1 minute'
    ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


def spend(connection: Connection, digest: bytes, expires_at: datetime) -> bool:
    """Whether this is the first time. On disk when it returns: of any number at once, one is told yes."""
    return connection.execute(_SPEND, (digest, expires_at)).rowcount == 1


def forget(connection: Connection, *, most: int = MOST_FORGOTTEN) -> int:
    """Remove up to so many that have expired, a minute late for the sake of clocks that differ. Returns how many."""
    return connection.execute(_FORGET, (most,)).rowcount
