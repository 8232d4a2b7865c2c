"""What is under test: Usher, or the plain Celery program it is compared with, behind one small protocol.

Separate, so that the driver, the faults and the counting are the same for both and cannot favour one. It must never say
what is right: that is `verdict`.
"""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tests.chaos.platform import Program
from tests.chaos.takeovers import Incident, Takeover


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything of one cluster answers."""

    database_url: str
    redis_url: str
    web_port: int
    sandbox_port: int
    smtp_port: int


class Standing(StrEnum):
    """Where the system says that one address stands at one provider."""

    ABSENT = "absent"  # it knows of nothing that is owed
    UNFINISHED = "unfinished"
    SUCCEEDED = "succeeded"
    UNKNOWN = "unknown"  # visible, a person decides
    DEAD = "dead"  # visible, with its reason


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to be done, as far as the system itself knows; of these `waiting` are not due yet."""

    count: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a system's own history adds to the counting, where it keeps one.

    `doubles`: claims that counted twice. `offences`: the histories of some of the jobs that are wrong, to be read.
    """

    takeovers: Sequence[Takeover] = ()
    doubles: int = 0
    offences: Sequence[str] = ()


Standings = Mapping[tuple[str, str], Standing]
"""By address and provider (`listmonk`, `smtp`)."""


class System(Protocol):
    """A program that takes sign-ups at `POST /api/v1/signups` and owes two effects for each."""

    name: str

    def prepare(self, at: Addresses) -> None:
        """Make its tables."""

    def programs(self, at: Addresses, pools: tuple[str, ...]) -> list[Program]:
        """What has to run: `web`, and a `worker-N` for each of `pools`."""

    def backlog(self, at: Addresses) -> Backlog:
        """What is still to be done. May raise what its stores raise."""

    def standings(self, at: Addresses) -> Standings:
        """What it says of every address it knows."""

    def testify(self, at: Addresses, incident: Incident, offenders: Collection[tuple[str, str]]) -> Testimony:
        """What its history tells of the round, and of those (address, provider) that are wrong."""


def environment(**values: str) -> dict[str, str]:
    """What a program of the cluster gets to see: a way to find programs, and what it is handed here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **values}


def celery(app: str, name: str, pool: str) -> list[str]:
    """The command of a worker; `pool` is `threads` or `prefork`."""
    width = "4" if pool == "prefork" else "8"
    command = [sys.executable, "-m", "celery", "-A", app, "worker", "--pool", pool, "--concurrency", width]
    return [*command, "--loglevel", "info", "--hostname", f"{name}@%h"]
