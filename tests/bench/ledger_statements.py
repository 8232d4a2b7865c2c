"""The ledger's statements, each through the function that the web, a worker, a relay or its warden calls, one at a time.

Separate from `ledger_size`, which says in what ledgers they are timed. It must know no SQL: what is measured is what runs.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import uuid4

from jobs import registry
from jobs.facts import SignupCompleted
from jobs.owing import owe
from ledger import circuits, counts, deadletters, messages, processes, pruning, reading, takeover, unknown_kinds
from ledger.claim import Claimed, claim
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.ids import new_id
from ledger.lease import lease
from ledger.messages import Message
from ledger.moves import Move, Settlement
from ledger.signups import record
from ledger.states import State

QUEUE, KIND, PROVIDER, OTHER = "newsletter", "newsletter.subscribe", "newsletter", "email"
OWED = owe(SignupCompleted(locale=None), registry.load())
DONE = Move(State.SUCCEEDED, "succeeded", provider_id="1")
WINDOW = 2_000
DRAINED = {1: 800, 50: 2_000, 500: 4_000}  # jobs, by the size of their messages
ROUNDS = 25


class Timer(Protocol):
    """Calls and times."""

    def __call__[T](self, what: str, call: Callable[[], T], *, jobs: int = 1) -> T:
        """What it took counts for `what`, shared out over so many `jobs`."""


