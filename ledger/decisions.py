"""What a person decides about jobs: retry, discard, cancel. One statement each, for any number of jobs.

Only as `ledger.states.MOVES` allows, each with its line in the history. A decision never touches claim, settled and intent:
the fence stands, so that a late answer of a claim that was given up still counts until somebody has claimed again, and
never afterwards. Nor does it touch the id, which is the idempotency key: a replay is known to the provider as the same job.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from ledger.connection import Connection
from ledger.states import WAITING, State, sources, sql_list


class Verb(StrEnum):
    """What can be decided."""

    RETRY = "retry"
    DISCARD = "discard"
    CANCEL = "cancel"


ALLOWED = {Verb.RETRY: WAITING, Verb.DISCARD: WAITING, Verb.CANCEL: sources(State.CANCELLED)}
"""The states in which a job must be for the verb."""

assert sources(State.STAGED) >= WAITING


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one job that a verb was asked for."""

    id: UUID
    before: State  # where it stood; where it has not moved, the state that forbade it
    moved: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", State(self.before))

    @property
    def may_repeat(self) -> bool:
        """Whether the effect may have taken place already, and be repeated by a retry."""
        return self.before is State.UNKNOWN


# The locks are taken in one order, and what is decided upon is the state that was found under them: of two who decide
# at once the second sees what the first has done. The line in the history says what the job had behind it.
_DECIDE = """
WITH asked AS (
    SELECT id, state, attempts, error_code FROM jobs WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE jobs SET {changes}
    FROM asked WHERE jobs.id = asked.id AND asked.state IN ({allowed})
    RETURNING jobs.id, jobs.claim
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, code)
    SELECT id, '{event}', moved.claim, asked.attempts, asked.error_code FROM moved JOIN asked USING (id)
), freed AS (
    UPDATE circuits SET probe_at = now() FROM moved WHERE probe_job = moved.id
)
SELECT id, asked.state AS before, moved.id IS NOT NULL AS moved FROM asked LEFT JOIN moved USING (id) ORDER BY id
"""

# As if it were owed now: a budget as long as the first, nothing spent of it. A provider's Retry-After still holds.
_RETRY = _DECIDE.format(
    event="replayed",
    allowed=sql_list(ALLOWED[Verb.RETRY]),
    changes="state = 'staged', run_at = greatest(now(), not_before), finished_at = NULL, error_code = NULL, "
    "attempts = 0, crashes = 0, tried = false, replayed_at = now(), "
    "give_up_at = now() + (give_up_at - coalesce(replayed_at, created_at))",
)

# Let be. Its age counts from now on, so that nothing is pruned in the moment in which it is decided.
_DISCARD = _DECIDE.format(
    event="discarded",
    allowed=sql_list(ALLOWED[Verb.DISCARD]),
    changes="state = 'discarded', finished_at = now()",
)

# Not to be done any more. A message that is on the wire already will find nothing queued; one that is running is not
# recalled, because nobody could say whether the effect has taken place.
_CANCEL = _DECIDE.format(
    event="cancelled",
    allowed=sql_list(ALLOWED[Verb.CANCEL]),
    changes="state = 'cancelled', finished_at = now()",
)

_STATEMENTS = {Verb.RETRY: _RETRY, Verb.DISCARD: _DISCARD, Verb.CANCEL: _CANCEL}


def decide(connection: Connection, verb: Verb, ids: Collection[UUID]) -> list[Decision]:
    """Carry out `verb` on those of the jobs that allow it; one entry for each that exists, by id."""
    with connection.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(_STATEMENTS[verb], {"ids": list(ids)}).fetchall()


def retry(connection: Connection, ids: Collection[UUID]) -> list[Decision]:
    """Stage dead and unknown jobs again, under the id they have, with a fresh budget."""
    return decide(connection, Verb.RETRY, ids)


def discard(connection: Connection, ids: Collection[UUID]) -> list[Decision]:
    """Let dead and unknown jobs be."""
    return decide(connection, Verb.DISCARD, ids)


def cancel(connection: Connection, ids: Collection[UUID]) -> list[Decision]:
    """End jobs that nobody is working on."""
    return decide(connection, Verb.CANCEL, ids)
