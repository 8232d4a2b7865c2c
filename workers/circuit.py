"""What an outcome tells a provider's circuit. The circuit itself is in the ledger, shared by all workers."""

import logging

from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from ledger import circuits
from ledger.claim import Claimed
from ledger.connection import Connection

logger = logging.getLogger(__name__)

LONGEST_HOLD_S = 24 * 3600.0
"""What a provider's `Retry-After` may ask of everybody: past it, it is a mistake, and may be no interval at all."""

DONE_BEFORE = "done_before"
PERSON_GONE = "person_gone"
PAYLOAD_NOT_UNDERSTOOD = "payload_not_understood"
NOT_CALLED = frozenset({DONE_BEFORE, PERSON_GONE, PAYLOAD_NOT_UNDERSTOOD})
"""Reasons of ours for ending a job before its provider was called: they say nothing about the provider."""


def tell(connection: Connection, *, provider: str, claimed: Claimed, outcome: Outcome | None) -> None:
    """Report bad news always, good news only where the circuit waits for it: a success is the hot path.

    `outcome` is None where the kind's own code failed, which is no news of the provider.
    """
    match outcome:
        case Retry(code, after, Blame.LIMIT) if after is not None or claimed.probing:
            _failed(connection, provider, claimed, code, hold=after)
        case Retry(code, _, Blame.OPERATOR):
            _failed(connection, provider, claimed, code, at_once=True)
        case Retry(code, _, Blame.PROVIDER) | Unknown(code):
            _failed(connection, provider, claimed, code)
        case None | Retry(_, _, Blame.OURS):
            _no_news(connection, claimed)
        case Suppressed(reason) | Rejected(reason) if reason in NOT_CALLED:
            _no_news(connection, claimed)
        case _ if claimed.awaited:
            if circuits.succeeded(connection, provider):
                logger.warning("circuit of %s closed: it answers again", provider)
        case _:
            pass


def _no_news(connection: Connection, claimed: Claimed) -> None:
    if claimed.probing:
        circuits.no_news(connection, claimed.id)


def _failed(
    connection: Connection,
    provider: str,
    claimed: Claimed,
    code: str,
    *,
    at_once: bool = False,
    hold: float | None = None,
) -> None:
    hold = None if hold is None else min(hold, LONGEST_HOLD_S)
    opened = circuits.failed(connection, provider, code=code, job=claimed.id, at_once=at_once, hold=hold)
    if opened and not claimed.probing:
        logger.warning("circuit of %s opened: %s; its jobs wait", provider, code)
