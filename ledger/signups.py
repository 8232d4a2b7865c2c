"""Taking a sign-up: person, sign-up, fact and every job it owes, in one statement and so in one commit.

Whoever has left, or was erased, is treated like anybody else and noticed by nobody: the usual jobs are owed, which find at
their claim that they are not wanted, and beside them, hidden, a mail that asks whether they want to come back, unless they
were asked not long ago (`ledger.asking`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from psycopg.rows import class_row

from ledger.asking import ASKS_NOW, GONE
from ledger.connection import Connection
from ledger.ids import new_ids
from ledger.owed import COLUMNS, TEMPLATES, Owed, OwedJob, templates, values


@dataclass(frozen=True, slots=True)
class Signup:
    """A sign-up that is on disk."""

    id: UUID
    created_at: datetime
    asks: bool  # nothing but a question is owed until it is confirmed
    jobs: tuple[OwedJob, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sign-up to be: who wants it, the fact it states, what is owed for it, and the record of the consent.

    `to_ask`: what is owed besides where the person has left. `digest`: the address as the suppression list has it.
    `asks`: all that is owed is a question whether it is true. The rest is `webapp.act`'s, and None where nobody can say.
    """

    fact: str
    address: str
    name: str | None
    locale: str | None
    owed: Sequence[Owed]
    to_ask: Sequence[Owed] = ()
    digest: bytes = b""
    asks: bool = False
    door: str | None = None
    shown: str | None = None
    origin: str | None = None
    client: str | None = None
    replaces: UUID | None = None
    hidden: bool = False  # all of it: nobody but the person is to see it

    @property
    def asks_aloud(self) -> bool:
        """Whether somebody who has left would be asked by it: no other brake is on."""
        return not all(job.muted for job in (self.owed if self.asks else self.to_ask))


# A question to somebody who has left, where it is not the one they are asked by: owed all the same where it is seen.
_BRAKED = "(wanted.asks AND person.gone AND NOT (wanted.asking AND person.asked))"

# The person's row is inserted or, for an address already known, touched: either way this transaction holds its lock
# before it draws `seq` for the jobs, so jobs of one person are numbered in the order in which they commit.
# What was typed for a known address changes nothing: an anonymous form is no proof of who is writing.
#
# Rows come as JSON texts: see `ledger.owed`. People are put in by address, so that two groups that share some of them
# cannot wait for each other.
_RECORD = f"""
WITH wanted AS (
    SELECT w.* FROM set_config('lock_timeout', %s, true),
         ROWS FROM (json_to_recordset(%s::json) AS (id uuid, subscriber_id uuid, fact_id uuid, jobs uuid[], list integer, fact text,
                                                    address text, name text, locale text, digest text, asks boolean, door text,
                                                    shown text, origin text, client inet, replaces uuid, hidden boolean,
                                                    asking boolean))
             WITH ORDINALITY AS w(id, subscriber_id, fact_id, jobs, list, fact, address, name, locale, digest, asks, door, shown,
                                  origin, client, replaces, hidden, asking, nth)
), newcomer AS (
    SELECT DISTINCT ON (address) subscriber_id, address, name, locale, asking,
           EXISTS (SELECT FROM suppressions WHERE suppressions.digest = decode(wanted.digest, 'hex')) AS suppressed
    FROM wanted ORDER BY address, asking DESC, nth
), person AS (
    INSERT INTO subscribers AS known (id, address, name, locale, left_at, asked_at, unanswered)
    SELECT subscriber_id, address, name, locale, CASE WHEN suppressed THEN now() END,
           CASE WHEN suppressed AND asking THEN now() END, (suppressed AND asking)::integer
    FROM newcomer ORDER BY address
    ON CONFLICT (address) DO UPDATE
    SET signed_up_at = now(), asked_at = CASE WHEN {ASKS_NOW} THEN now() ELSE known.asked_at END,
        unanswered = CASE WHEN {ASKS_NOW} THEN least(known.unanswered + 1, 32767) ELSE known.unanswered END
    RETURNING id, address, {GONE} AS gone, coalesce(asked_at = now(), false) AS asked
), signup AS (
    INSERT INTO signups (id, subscriber_id, asks, door, shown, origin, client, replaces)
    SELECT wanted.id, person.id, asks, door, shown, origin, client, replaces FROM wanted JOIN person USING (address)
), fact AS (
    INSERT INTO facts (id, name, subscriber_id, signup_id)
    SELECT wanted.fact_id, wanted.fact, person.id, wanted.id FROM wanted JOIN person USING (address)
    RETURNING id, subscriber_id, signup_id
), owed AS (
    INSERT INTO jobs ({COLUMNS})
    SELECT {values(f"(o.muted OR {_BRAKED})")}, wanted.hidden OR o.only_if_gone
    FROM {TEMPLATES} JOIN wanted USING (list) JOIN fact ON fact.id = wanted.fact_id JOIN person USING (address)
    WHERE person.gone AND person.asked AND wanted.asking OR NOT o.only_if_gone
    ORDER BY wanted.nth, o.nth
)
SELECT now() AS created_at
"""


def record(
    connection: Connection,
    *,
    fact: str,
    address: str,
    name: str | None,
    locale: str | None,
    owed: Sequence[Owed],
) -> Signup:
    """Put one sign-up and all it owes on disk: see `record_all`."""
    (signup,) = record_all(connection, [Wanted(fact, address, name, locale, owed)])
    return signup


def record_all(connection: Connection, wanted: Sequence[Wanted], *, lock_wait_s: float = 0) -> list[Signup]:
    """Put these sign-ups and all they owe on disk, in one statement: when this returns, the transaction has committed.

    An address already known leads to the same person and owes the same jobs; what must not happen twice is marked
    `once` and found done when it is claimed. Raises psycopg's errors, and then nothing is stored, of none of them:
    `LockNotAvailable` where somebody else has held one of the people for `lock_wait_s` seconds (0: no such limit).
    """
    lists = {(id(one.owed), id(one.to_ask)): (one.owed, one.to_ask) for one in wanted}
    numbers = {key: number for number, key in enumerate(lists)}
    ids = new_ids(sum(3 + len(one.owed) + len(one.to_ask) for one in wanted))
    drafts = [(next(ids), [next(ids) for _ in one.owed], one) for one in wanted]
    asking = {
        one.address: number for number, one in reversed([*enumerate(wanted)]) if one.asks_aloud
    }  # the first of each
    signups = [
        {
            "id": str(signup_id),
            "subscriber_id": str(next(ids)),
            "fact_id": str(next(ids)),
            "jobs": [str(job) for job in (*jobs, *islice(ids, len(one.to_ask)))],
            "list": numbers[id(one.owed), id(one.to_ask)],
            "fact": one.fact,
            "address": one.address,
            "name": one.name,
            "locale": one.locale,
            "digest": one.digest.hex(),
            "asks": one.asks,
            "door": one.door,
            "shown": one.shown,
            "origin": one.origin,
            "client": one.client,
            "replaces": one.replaces and str(one.replaces),
            "hidden": one.hidden,
            "asking": asking.get(one.address) == number,
        }
        for number, (signup_id, jobs, one) in enumerate(drafts)
    ]
    parameters = (str(int(1000 * lock_wait_s)), json.dumps(signups), templates(lists.values()))
    row = connection.execute(_RECORD, parameters).fetchone()
    assert row is not None
    return [
        Signup(
            signup_id,
            row[0],
            one.asks,
            tuple(OwedJob(job, o.kind, o.queue) for job, o in zip(jobs, one.owed, strict=True)),
        )
        for signup_id, jobs, one in drafts
    ]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person, as the ledger knows them."""

    id: UUID
    address: str
    name: str | None
    locale: str | None


def find(connection: Connection, address: str) -> Subscriber | None:
    """The person with this address, or None."""
    with connection.cursor(row_factory=class_row(Subscriber)) as cursor:
        return cursor.execute(
            "SELECT id, address, name, locale FROM subscribers WHERE address = %s",
            (address,),
        ).fetchone()
