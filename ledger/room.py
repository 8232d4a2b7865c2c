"""How much room there is for a queue: on the wire, in hands, and at providers that bound their calls.

What the lease looks at first. The look is also its turn: relays that serve one queue, or one limited provider, take turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from ledger.claim import PROVIDER_TURN
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.states import DUE, sql_list

RAMP_FIRST = 8  # jobs, right after a provider's circuit has closed: see _LOOK
RESERVE = 4  # workers of several queues keep one hand in so many for the others
AHEAD_FOR = 8  # hands: so many have a message lie ready for them; with fewer a large worker would wait for its relay


@dataclass(frozen=True, slots=True)
class Room:
    """How things stand on a queue's wire."""

    window: int  # jobs that may be on the wire now
    waiting: int  # jobs that are
    unclaimed: int  # messages on the wire
    in_flight: int  # messages: on the wire, or in hands
    hands: int | None  # messages there may be; None where no executor has said how many hands it has
    at_once: int  # messages that the executors of the queue can carry at the same time
    due: int  # jobs that wait for a relay, as of a second ago
    busy: list[int]  # of each limited provider: messages on the wire and in hands, over all queues
    troubled: bool  # some provider's circuit is not closed

    @property
    def space(self) -> int:
        """Jobs there is room for on the wire."""
        return self.window - self.waiting

    def slots(self, ahead: int | None) -> int:
        """Messages there is room for: no more than there are hands for, or those beyond would take what is kept for other queues;
        and no more than `ahead`, or more for many hands, that nobody has taken yet.
        """
        hands = self.space if self.hands is None else self.hands - self.in_flight
        return hands if ahead is None else min(hands, max(ahead, self.at_once // AHEAD_FOR) - self.unclaimed)

    def free(self, limits: Mapping[str, int]) -> dict[str, int]:
        """Messages there is room for at each limited provider. With no more hands than connections it is the hands that
        keep the limit, and a message may wait ahead for each: then the provider is not among them.
        """
        return {
            name: most - busy
            for (name, most), busy in zip(limits.items(), self.busy, strict=True)
            if not 0 < self.at_once <= most
        }


# The locks end with their transaction; the statement after them sees what the relay before has committed. Should a crash of
# PostgreSQL forget a lease, nothing is lost but a message that then claims nothing: so its commit waits for no disk.
_TURN = """
SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtextextended('usher relay ' || %s, 0))
"""

# Right after a provider's circuit has closed the window is open only a little, then doubles each second: what waited comes
# back in steps. Workers of several queues give none of them all their hands, so that a flood in one, or a
# provider that hangs, never holds up another; those of a single queue, or with few hands, are kept a message ahead for each.
_LOOK = f"""
WITH executor AS (
    SELECT cardinality(queues) > 1 AS shared, sum(hands) AS hands
    FROM processes
    WHERE role = 'executor' AND %(queue)s = ANY(queues) AND hands > 0 AND seen_at > now() - interval '10 seconds'
    GROUP BY 1
)
SELECT least(%(window)s, (SELECT min({RAMP_FIRST} * power(2, least(30, extract(epoch FROM now() - changed_at))))
                          FROM circuits WHERE provider = ANY(%(providers)s) AND state = 'closed' AND openings > 0))::integer
           AS window,
       (SELECT coalesce(sum(cardinality(jobs)), 0) FROM messages WHERE queue = %(queue)s)::integer AS waiting,
       (SELECT count(*) FROM messages WHERE queue = %(queue)s)
           + (SELECT count(*) FROM batches WHERE queue = %(queue)s) AS in_flight,
       (SELECT count(*) FROM messages WHERE queue = %(queue)s) AS unclaimed,
       (SELECT sum(CASE WHEN shared AND hands >= {RESERVE} THEN hands - hands / {RESERVE} ELSE 2 * hands END)
        FROM executor)::integer AS hands,
       (SELECT coalesce(sum(hands), 0) FROM executor)::integer AS at_once,
       (SELECT coalesce(sum(count), 0) FROM job_counts WHERE queue = %(queue)s AND state IN ({sql_list(DUE)}))::integer AS due,
       ARRAY(SELECT (SELECT count(*) FROM messages WHERE provider = one.name)
                    + (SELECT count(*) FROM batches WHERE provider = one.name)
             FROM unnest(%(limited)s::text[]) WITH ORDINALITY AS one(name, nth) ORDER BY nth) AS busy,
       EXISTS (SELECT FROM circuits WHERE provider = ANY(%(providers)s) AND state <> 'closed') AS troubled
"""


def look(connection: Connection, queue: str, *, terms: Sequence[Terms], window: int, limits: Mapping[str, int]) -> Room:
    """Wait for the turn, then look. In the transaction of the lease. `limits`: in a fixed order, the same for all relays."""
    parameters = {
        "queue": queue,
        "window": window,
        "providers": sorted({one.provider for one in terms}),
        "limited": list(limits),
    }
    with connection.cursor(row_factory=class_row(Room)) as cursor:
        with connection.pipeline():
            connection.execute(_TURN, (queue,))
            for provider in limits:
                connection.execute(PROVIDER_TURN, (provider,))
            cursor.execute(_LOOK, parameters)
        room = cursor.fetchone()
    assert room is not None
    return room
