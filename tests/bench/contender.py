"""What the benchmark asks of every system it compares Usher with, and what each is told of the ground it runs on.

Separate, because the driver that measures and the peers that are measured are written without knowing each other. It
must never measure anything itself: a drain is timed and counted from outside, at the sandbox's journal.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

SCENARIOS = frozenset({"S3", "S4", "S5"})


class ContenderError(Exception):
    """A contender could not be installed, fed or kept running; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one run takes place, and how many calls the provider takes at once.

    `provider`: `mailchimp` (one PUT for each address) or `listmonk` (one POST for each). `provider_url`: the sandbox's
    HTTP address without a trailing slash. `connections`: the provider's limit for the account; no contender may have
    more calls in flight than that, over all of its processes together.
    """

    redis_url: str
    database_url: str
    provider: str
    provider_url: str
    connections: int


class Working(Protocol):
    """Workers that are up."""

    def check(self) -> None:
        """Return at once while they run; ContenderError, with the end of what they printed, once one has ended."""


class Contender(ABC):
    """One system under test. The order of calls in a run is `clear`, `enqueue`, `working`; or `clear`, `working`, `send`.

    `settings` is one line: how it is tuned. `scenarios`: which of `SCENARIOS` it takes part in.
    """

    name: str
    settings: str
    scenarios: frozenset[str]

    @abstractmethod
    def install(self) -> None:
        """Make its environment under `bench-results/peers/`, from its lock; nothing where that stands already.

        Raises ContenderError.
        """

    @abstractmethod
    def version(self) -> str:
        """Its version and those of what it stands on, e.g. `rq 2.12.0`. Wants `install` first."""

    @abstractmethod
    def clear(self, ground: Ground) -> None:
        """Empty the Redis database, and forget what an earlier run left in PostgreSQL; makes the tables it needs."""

    @abstractmethod
    def enqueue(self, ground: Ground, addresses: Sequence[str]) -> None:
        """Put one job for each address into its queue, in bulk where it can, and return when all are in.

        Raises ContenderError.
        """

    @abstractmethod
    def working(self, ground: Ground, *, within_s: float) -> AbstractContextManager[Working]:
        """Run its workers; entered once each says that it is up, and left with every process of theirs ended.

        After `within_s` seconds they are ended whatever happens, also where the driver was killed.
        Raises ContenderError where they do not come up.
        """

    def send(self, ground: Ground, addresses: Sequence[str], *, per_second: float) -> Mapping[str, float]:
        """Owe one job for each address at this rate, one at a time, as a web request would; for S5 alone.

        Open loop: the pace is the clock's, not the queue's. By address, the Unix time just before the job was owed.
        """
        raise NotImplementedError(
            f"{self.name} takes no part in S5 ({ground.provider}, {len(addresses)}, {per_second})"
        )
