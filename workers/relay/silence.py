"""Who has gone silent, judged by what this relay has seen itself.

A process is gone when its row has not changed for some seconds *during which the ledger could be read*. An outage of
the database silences everybody, and a relay that was frozen has seen nothing: neither is evidence, so silence is summed
over gaps between readings short enough to have missed no beat. Pure: time is passed in.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

LONGEST_GAP_S = 2.0
"""Between two readings further apart than this, somebody may have been alive and unseen: the gap counts for nothing."""


class Silence:
    """For how long each process has been silent under our eyes."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._last_read: float | None = None
        self._seen: dict[UUID, tuple[datetime, float]] = {}

    def gone(self, beats: Mapping[UUID, datetime], now: float) -> set[UUID]:
        """Take in a reading of the register, made at `now` (monotonic seconds); returns those to be given up."""
        gap = now - self._last_read if self._last_read is not None else 0.0
        watched = gap if gap <= LONGEST_GAP_S else 0.0
        self._last_read = now
        self._seen = {one: self._judge(one, beat, watched) for one, beat in beats.items()}
        return {one for one, (_, silent) in self._seen.items() if silent >= self._limit_s}

    def forget(self) -> None:
        """The ledger could not be read: whatever was silent until now may only have been cut off as we were."""
        self._last_read = None
        self._seen.clear()

    def _judge(self, one: UUID, beat: datetime, watched: float) -> tuple[datetime, float]:
        before = self._seen.get(one)
        if before is None or before[0] != beat:
            return beat, 0.0
        return beat, before[1] + watched
