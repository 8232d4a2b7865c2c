"""Whether a worker still consumes: judged by progress, not by its answering a ping. Pure; time is passed in.

A worker whose consumer has died answers `inspect ping` all the same. What cannot be feigned is taking messages while there
are some to take and hands to take them.
"""

from dataclasses import dataclass

STUCK_S = 15.0
"""Longer than Celery itself needs to notice a half-open connection (brpop_timeout + twice health_check_interval)."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the worker."""

    waiting: int  # messages in the queues it consumes; they may be for other workers as well
    received: int  # messages it has taken so far
    idle: bool  # it has hands free


class Progress:
    """Remembers since when a worker has had work, hands, and taken nothing."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._received: int | None = None

    def stuck_for(self, sight: Sight, now: float) -> float:
        """Seconds for which it has stood still, as far as was seen; 0 where it moves or has nothing to do."""
        moved = self._received != sight.received
        self._received = sight.received
        if moved or not sight.waiting or not sight.idle:
            self._since = None
            return 0.0
        if self._since is None:
            self._since = now
        return now - self._since
