"""What an outcome tells a provider's circuit. The circuit itself is in the ledger, shared by all workers."""

import logging
from collections.abc import Sequence

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from ledger import circuits
from ledger.claim import Claimed
from ledger.connection import Connection

logger = logging.getLogger(__name__)

LONGEST_HOLD_S = 24 * 3600.0
"""What a provider's `Retry-After` may ask of everybody: past it, it is a mistake, and may be no interval at all."""

DONE_BEFORE = "done_before"
PERSON_GONE = "person_gone"
MUTED = "muted"
UNWANTED = "unwanted"
PAYLOAD_NOT_UNDERSTOOD = "payload_not_understood"
NOT_CALLED = frozenset({DONE_BEFORE, PERSON_GONE, MUTED, UNWANTED, PAYLOAD_NOT_UNDERSTOOD})
"""Reasons of ours for ending a job before its provider was called: they say nothing about the provider."""


def is_news(claimed: Claimed, outcome: Outcome) -> bool:
    """Whether `tell` would say anything: bad news always, good news only where the circuit waits for it, since a success
    is the hot path. What ends without a call is none: that another may probe instead is `ledger.finish`'s to see to.
    """
    match outcome:
        case Retry(_, _, Blame.OPERATOR | Blame.PROVIDER) | Unknown():
            return True
        case Retry(_, _, Blame.EITHER):
            # A job counts once: ten people refused in a row are news, one person who is refused ten times is none.
            return claimed.probing or not claimed.attempts
        case Retry(_, after, Blame.LIMIT) if after is not None:
            return True
        case _:
            return (claimed.probing or claimed.awaited) and _was_called(outcome)


def is_failure(outcome: Outcome) -> bool:
    """Whether it counts against the provider, where it is news."""
    match outcome:
        case Retry(_, _, blame):
            return blame not in {Blame.RECIPIENT, Blame.OURS}
        case _:
            return isinstance(outcome, Unknown)


def _was_called(outcome: Outcome) -> bool:
    match outcome:
        case Retry(_, _, Blame.OURS):
            return False
        case Suppressed(reason) | Rejected(reason):
            return reason not in NOT_CALLED
        case _:
            return True


def news(outcomes: Sequence[Outcome]) -> tuple[int, Outcome]:
    """What one call for many says of its provider: the position of the outcome that tells most, and that outcome.

    A fault of the operator's or a limit holds for everybody; otherwise a provider that has served one of them works,
    and only where it has served none is its failure news.
    """
    return min(enumerate(outcomes), key=lambda numbered: _rank(numbered[1]))


def _rank(outcome: Outcome) -> int:
    match outcome:
        case Retry(_, _, Blame.OPERATOR):
            return 0
        case Retry(_, after, Blame.LIMIT) if after is not None:
            return 1
        case Accepted() | Already() | Retry(_, _, Blame.RECIPIENT):
            return 2
        case Suppressed(reason) | Rejected(reason) if reason not in NOT_CALLED:
            return 2
        case Retry(_, _, Blame.PROVIDER | Blame.EITHER) | Unknown():
            return 3
        case _:
            return 4


def tell(connection: Connection, *, provider: str, claimed: Claimed, outcome: Outcome) -> bool:
    """Report what `is_news`; True where that was a failure and the circuit is open now, whoever has opened it."""
    match outcome:
        case Retry(code, after, Blame.LIMIT) if after is not None or claimed.probing:
            return _failed(connection, provider, claimed, code, hold=after)
        case Retry(code, _, Blame.OPERATOR):
            return _failed(connection, provider, claimed, code, at_once=True)
        case Retry(code, _, Blame.PROVIDER | Blame.EITHER) | Unknown(code):
            return _failed(connection, provider, claimed, code)
        case _ if claimed.awaited and _was_called(outcome):
            if circuits.succeeded(connection, provider):
                logger.warning("circuit of %s closed: it answers again", provider)
        case _:
            pass
    return False


def _failed(
    connection: Connection,
    provider: str,
    claimed: Claimed,
    code: str,
    *,
    at_once: bool = False,
    hold: float | None = None,
) -> bool:
    hold = None if hold is None else min(hold, LONGEST_HOLD_S)
    opened = circuits.failed(connection, provider, code=code, job=claimed.id, at_once=at_once, hold=hold)
    if opened and not claimed.probing:
        logger.warning("circuit of %s opened: %s; its jobs wait", provider, code)
    return opened or circuits.is_open(connection, provider)
