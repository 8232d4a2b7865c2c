"""The writer: one thread of an executing process that writes what all its other threads have to say to the ledger.

While it writes, more comes in, and goes with the next statement: so many outcomes share one commit when there is much to
do, and one outcome never waits for others when there is little. What is said in one order is written in that order,
which is why a point of no return is announced through here too: before it, the outcomes of the mails before it.
"""

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ledger.claim import intend
from ledger.connection import Connection, Pool
from ledger.finish import finish
from ledger.moves import Settlement
from workers.errors import LedgerAwayError
from workers.persistence import AWAY, FIRST_PAUSE_S, LONGEST_PAUSE_S

logger = logging.getLogger(__name__)

LEISURE_S = (
    0.02  # an outcome in the middle of a batch, for which nobody waits, may be written so much later with others
)
FINISH_PATIENCE_S = 300.0  # an answer in hand is worth waiting for: without it the call is made again


@dataclass(slots=True)
class _Saying:
    """Something to be written, and whoever waits for that."""

    ends: float  # monotonic seconds: until then the ledger may be away
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def wait(self) -> None:
        self.done.wait()
        if self.error is not None:
            raise self.error


@dataclass(slots=True, kw_only=True)
class Written(_Saying):
    """Outcomes on their way into the ledger."""

    settlements: Sequence[Settlement]
    batch: UUID
    last: bool
    counted: set[UUID] = field(default_factory=set)

    def result(self) -> set[UUID]:
        """The jobs for which it counted, once it is written. Raises `workers.errors.LedgerAwayError`."""
        self.wait()
        return self.counted


@dataclass(slots=True, kw_only=True)
class _Intent(_Saying):
    job_id: UUID
    claim: int
    granted: bool = False


class Writer:
    """Writes for one executor. Safe to call from any of its threads."""

    def __init__(self, pool: Pool, executor: UUID) -> None:
        self._pool = pool
        self._executor = executor
        self._said: list[Written | _Intent] = []
        self._something = threading.Condition()
        self._thread: threading.Thread | None = None

    def settle(self, settlements: Sequence[Settlement], *, batch: UUID, last: bool = False) -> Written:
        """Have these outcomes written; returns at once. `last`: the batch is done with."""
        ends = time.monotonic() + FINISH_PATIENCE_S
        written = Written(ends, settlements=settlements, batch=batch, last=last)
        self._say(written)
        return written

    def intend(self, job_id: UUID, claim: int, *, seconds: float) -> bool:
        """Record the point of no return, after everything said before it; False where the claim must not go past it.

        Raises `workers.errors.LedgerAwayError` after `seconds`.
        """
        intent = _Intent(time.monotonic() + seconds, job_id=job_id, claim=claim)
        self._say(intent)
        intent.wait()
        return intent.granted

    def _say(self, saying: Written | _Intent) -> None:
        with self._something:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="usher-writer", daemon=True)
                self._thread.start()
            self._said.append(saying)
            self._something.notify()

    def _write_all(self) -> None:
        while True:
            with self._something:
                while not self._said:
                    self._something.wait()
                if not self._urgent():
                    self._something.wait_for(self._urgent, LEISURE_S)
            said = self._more()
            try:
                self._insist(said)
            except Exception as error:  # noqa: BLE001  # one that cannot be written must not take the others along
                self._one_by_one(said, error)

    def _urgent(self) -> bool:
        """Whether somebody waits: for a point of no return, or for the end of a batch."""
        return any(isinstance(one, _Intent) or one.last for one in self._said)

    def _more(self) -> list[Written | _Intent]:
        """What has been said since the last look."""
        with self._something:
            said, self._said = self._said, []
        return said

    def _one_by_one(self, said: list[Written | _Intent], error: Exception) -> None:
        if len(said) == 1:
            self._refused(said[0], error)
            return
        for one in said:
            some = [one]
            try:
                self._insist(some)
            except Exception as its_own:  # noqa: BLE001  # the same
                self._one_by_one(some, its_own)

    def _refused(self, one: Written | _Intent, error: Exception) -> None:
        """One that cannot be written; or only a part of it cannot. Its batch stays, and so is watched."""
        if isinstance(one, Written) and len(one.settlements) > 1:
            parts = [Written(one.ends, settlements=[part], batch=one.batch, last=False) for part in one.settlements]
            self._one_by_one([*parts], error)
            one.counted = {job for part in parts for job in part.counted}
            error = next((part.error for part in parts if part.error is not None), error)
        one.error = error
        one.done.set()

    def _insist(self, said: list[Written | _Intent]) -> None:
        """Write them, and what is said meanwhile, however long the ledger is away, as far as each of them may wait."""
        pause, told = FIRST_PAUSE_S, False
        while said:
            try:
                with self._pool.connection() as connection:
                    self._write(connection, said)
            except AWAY as error:
                if not told:
                    logger.warning("the ledger is away (%s); waiting for it", type(error).__name__)
                    told = True
                said[:] = _patient([*said, *self._more()], time.monotonic() + pause)
                threading.Event().wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, no secret
                pause = min(pause * 2, LONGEST_PAUSE_S)
            else:
                for one in said:
                    one.done.set()
                return

    def _write(self, connection: Connection, said: list[Written | _Intent]) -> None:
        outcomes = [one for one in said if isinstance(one, Written)]
        intents = [one for one in said if isinstance(one, _Intent)]
        if outcomes:
            counted = finish(
                connection,
                [settlement for one in outcomes for settlement in one.settlements],
                executor=self._executor,
                closed=[one.batch for one in outcomes if one.last],
                going_on=list({one.batch for one in outcomes if not one.last}),
            )
            for written in outcomes:
                written.counted = counted
        if intents:
            granted = intend(connection, [(one.job_id, one.claim) for one in intents])
            for intent in intents:
                intent.granted = (intent.job_id, intent.claim) in granted


def _patient(said: list[Written | _Intent], now: float) -> list[Written | _Intent]:
    """Those that may wait until `now`; the others are told that the ledger is away."""
    for one in said:
        if one.ends < now:
            one.error = LedgerAwayError("ledger_away")
            one.done.set()
    return [one for one in said if not one.done.is_set()]
