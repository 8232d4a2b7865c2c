"""Limits: how often a client may sign up, and how often a mailbox and a mail domain may be written to (GCRA).

A row for each key says until when what was used will have been earned back; where that has passed, the row means nothing
and may go. Separate from sign-ups, because what is counted here may be forgotten: a crash of the server loses the last
moments of it, so that nobody waits for a disk. It must never know what a key stands for, nor extend anybody's wait
because they were refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor
from typing import Any, Literal, Protocol

from ledger.connection import Connection

WAIT_S = 0.1  # for others who are judging one of the same keys; they take a millisecond
MOST_FORGOTTEN = 5_000
SLICE = 128  # blocks of 8 KiB that one call of `forget` looks through, some 10,000 rows


class Limit(Protocol):
    """So many within a period, all of them at once if need be; what is used comes back evenly."""

    @property
    def quota(self) -> int:
        """How many."""

    @property
    def seconds(self) -> int:
        """The period."""


class Limits(Protocol):
    """The three that a sign-up is judged by."""

    @property
    def client(self) -> Limit:
        """Beyond it the sign-up is refused."""

    @property
    def recipient(self) -> Limit:
        """Beyond it nothing is sent to the mailbox."""

    @property
    def domain(self) -> Limit:
        """Beyond it nothing is sent to the domain."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A sign-up as it is judged: keys that name nobody, of 16 random-looking bytes. None: no such limit for this one."""

    client: bytes | None
    recipient: bytes | None
    domain: bytes | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`beyond`: the limit that it is beyond, None where it is within all.

    About the client's limit after this sign-up: `remaining` more at once; all of it `whole_in` seconds; one more
    `next_in` seconds, 0 where there is one now.
    """

    beyond: Literal["client", "recipient", "domain"] | None
    remaining: int
    whole_in: float
    next_in: float


# One after another for each key, and in the order of the keys, so that two groups cannot wait for each other. Locks by
# name and not on rows: a key that is used for the first time has no row to lock.
_LOCK = """
SELECT pg_advisory_xact_lock(named.lock)
FROM set_config('lock_timeout', %s, true) AS a, set_config('statement_timeout', %s, true) AS b,
     set_config('synchronous_commit', 'off', true) AS c, unnest(%b::int8[]) AS named(lock)
"""

# What has been `owed` of each key is the time until all that was used is earned back. The nth of a group to ask for the
# same key is within the limit if n more fit. A sign-up that is beyond the client's limit is not looked at any further, so
# it uses nobody else's; one that is beyond the mailbox's or the domain's sends nothing, so it uses neither of them.
# (The mailbox comes before the domain, and a mailbox is of one domain: where the domain has no room for the first
# to the mailbox, it has none for the next.)
_JUDGE = """
WITH asked AS (
    SELECT * FROM unnest(%(clients)b::bytea[], %(recipients)b::bytea[], %(domains)b::bytea[])
        WITH ORDINALITY AS a(client, recipient, domain, nth)
), at_the_gate AS (
    SELECT asked.*, coalesce(greatest(extract(epoch FROM used_until - now()), 0), 0)::float8 AS owed,
           row_number() OVER (PARTITION BY client ORDER BY nth) AS place
    FROM asked LEFT JOIN limits ON key = client
), gated AS (
    SELECT *, client IS NULL OR owed + place * %(client_each)s::float8 <= %(client_all)s::float8 AS within
    FROM at_the_gate
), for_mailbox AS (
    SELECT nth, recipient, domain,
           recipient IS NULL OR coalesce(greatest(extract(epoch FROM used_until - now()), 0), 0)::float8
           + row_number() OVER (PARTITION BY recipient ORDER BY nth) * %(recipient_each)s::float8
           <= %(recipient_all)s::float8 AS within
    FROM gated LEFT JOIN limits ON key = recipient WHERE gated.within
), for_domain AS (
    SELECT nth, recipient, domain,
           domain IS NULL OR coalesce(greatest(extract(epoch FROM used_until - now()), 0), 0)::float8
           + row_number() OVER (PARTITION BY domain ORDER BY nth) * %(domain_each)s::float8
           <= %(domain_all)s::float8 AS within
    FROM for_mailbox LEFT JOIN limits ON key = domain WHERE for_mailbox.within
), used AS (
    SELECT client AS key, count(*) * %(client_each)s::float8 AS seconds
    FROM gated WHERE within AND client IS NOT NULL GROUP BY client
    UNION ALL
    SELECT recipient, count(*) * %(recipient_each)s::float8
    FROM for_domain WHERE within AND recipient IS NOT NULL GROUP BY recipient
    UNION ALL
    SELECT domain, count(*) * %(domain_each)s::float8
    FROM for_domain WHERE within AND domain IS NOT NULL GROUP BY domain
), written AS (
    INSERT INTO limits (key, used_until)
    SELECT key, greatest(used_until, now()) + make_interval(secs => seconds) FROM used LEFT JOIN limits USING (key)
    ON CONFLICT (key) DO UPDATE SET used_until = excluded.used_until
)
SELECT CASE WHEN NOT gated.within THEN 'client' WHEN NOT for_mailbox.within THEN 'recipient'
            WHEN NOT for_domain.within THEN 'domain' END, owed, place
FROM gated LEFT JOIN for_mailbox USING (nth) LEFT JOIN for_domain USING (nth) ORDER BY nth
"""

_GIVE_BACK = """
UPDATE limits SET used_until = used_until - make_interval(secs => given.seconds)
FROM unnest(%s::bytea[], %s::float8[]) AS given(key, seconds) WHERE limits.key = given.key
"""

# No index on the time, because every sign-up would pay for it three times: a slice is looked through, chosen by chance.
_FORGET = """
WITH slice AS (
    SELECT greatest(0, floor(random() * (blocks + %(blocks)s)) - %(blocks)s)::bigint AS first
    FROM (SELECT pg_relation_size('limits') / current_setting('block_size')::bigint AS blocks) AS now
), old AS (
    SELECT ctid FROM limits
    WHERE ctid >= (SELECT format('(%%s,0)', first)::tid FROM slice)
      AND ctid < (SELECT format('(%%s,0)', first + %(blocks)s)::tid FROM slice)
      AND used_until < now() - interval '1 second'
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM limits WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) AND used_until < now() - interval '1 second'
"""


def judge(connection: Connection, asks: Sequence[Ask], limits: Limits, *, wait_s: float = WAIT_S) -> list[Verdict]:
    """Judge these and count what they use, in one round trip: a verdict for each, as if they had come one by one in this order.

    Raises psycopg's errors, and then nothing was counted: `LockNotAvailable` where others have judged one of the keys
    for `wait_s` seconds, `QueryCanceled` where it took as long itself.
    """
    parameters: dict[str, Any] = {
        "clients": [one.client for one in asks],
        "recipients": [one.recipient for one in asks],
        "domains": [one.domain for one in asks],
    }
    for name, limit in (("client", limits.client), ("recipient", limits.recipient), ("domain", limits.domain)):
        parameters[f"{name}_each"] = _each(limit)
        parameters[f"{name}_all"] = limit.seconds + _slack(limit)
    keys = [key for one in asks for key in (one.client, one.recipient, one.domain) if key is not None]
    with _holding(connection, keys, wait_s):
        cursor = connection.execute(_JUDGE, parameters)
    return [_verdict(limits.client, *row) for row in cursor.fetchall()]


def give_back(connection: Connection, used: Sequence[tuple[bytes, Limit]], *, wait_s: float = WAIT_S) -> None:
    """Take one use off each of these keys: what it was for did not come about."""
    keys = [key for key, _ in used]
    with _holding(connection, keys, wait_s):
        connection.execute(_GIVE_BACK, (keys, [_each(limit) for _, limit in used]))


def forget(connection: Connection, *, most: int = MOST_FORGOTTEN, blocks: int = SLICE) -> int:
    """Remove up to so many rows that mean nothing any more, from a slice of the table. Returns how many."""
    return connection.execute(_FORGET, {"most": most, "blocks": blocks}).rowcount


@contextmanager
def _holding(connection: Connection, keys: Sequence[bytes], wait_s: float) -> Iterator[None]:
    """Alone with these keys, from before the statement inside sees anything until it is committed. On the way at once,
    so that nobody holds them for as long as this process takes to be given a turn.
    """
    milliseconds = str(int(1000 * wait_s))
    locks = sorted({int.from_bytes(key[:8], signed=True) for key in keys})
    with connection.pipeline():
        connection.execute(_LOCK, (milliseconds, milliseconds, locks))
        yield


def _verdict(limit: Limit, beyond: Literal["client", "recipient", "domain"] | None, owed: float, place: int) -> Verdict:
    each, room = _each(limit), limit.seconds + _slack(limit)
    fitting = max(0, floor((room - owed) / each))  # of those of the group that ask for this client
    owed += min(place, fitting) * each
    return Verdict(beyond, max(0, floor((room - owed) / each)), owed, max(0.0, owed + each - room))


def _each(limit: Limit) -> float:
    """Seconds in which one use is earned back."""
    return limit.seconds / limit.quota


def _slack(limit: Limit) -> float:
    """What the ledger's microseconds and the last bits of a float may be wrong by."""
    return min(_each(limit) / 1_000, 0.001)
