"""Insisting: a statement that fails because PostgreSQL is away is tried again until it is back, or for so long.

Only for statements that may safely run twice: claim and finish may, because both are fenced. The second time they may find that the
first went through and only its answer was lost: a finish then counts no more, and a claim has its batch to look into.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
import psycopg_pool

from ledger.connection import Connection, Pool
from workers.errors import LedgerAwayError

logger = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # the standby, in the middle of a failover
)
"""How it shows that PostgreSQL is away. Any other error of psycopg's is a mistake of ours, and must be seen as one."""


def insist(pool: Pool, statement: Callable[[Connection], T], *, seconds: float) -> T:
    """Run `statement` on a session of the pool until it goes through. Raises `LedgerAwayError` after `seconds`."""
    ends = time.monotonic() + seconds
    pause = FIRST_PAUSE_S
    told = False
    while True:
        try:
            with pool.connection() as connection:
                return statement(connection)
        except AWAY as error:
            if time.monotonic() + pause > ends:
                raise LedgerAwayError("ledger_away") from None
            if not told:
                logger.warning("the ledger is away (%s); waiting for it", type(error).__name__)
                told = True
            threading.Event().wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, no secret
            pause = min(pause * 2, LONGEST_PAUSE_S)
