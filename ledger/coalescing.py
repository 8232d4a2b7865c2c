"""How many jobs a message carries: one when little is due, up to the kind's `batch` under a backlog. Pure.

It grows and shrinks with what is due at this moment and with the hands there are, never by waiting for more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from types import MappingProxyType
from uuid import UUID

from ledger.ids import new_id
from ledger.messages import Message

SPREAD = 4
"""Bulk calls that the due jobs are shared out over: up to so many are due, each goes alone, and a few dozen still leave at once."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a relay must know of a kind."""

    kind: str
    provider: str
    batch: int = 1  # the most jobs in one message
    bulk: bool = False  # one call carries them all: fewer and larger messages are better than many


@dataclass(frozen=True, slots=True)
class Leased:
    """A job that has been leased, to be put into a message."""

    id: UUID
    kind: str
    provider: str
    crashes: int  # executors lost with it, in a row


def coalesce(
    jobs: Iterable[Leased],
    terms: Mapping[str, Terms],
    *,
    slots: int | None,
    backlog: bool,
    free: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Message]:
    """Share leased jobs out over messages, each of one kind.

    `slots`: messages there are hands for; None where that is not known. `backlog`: there is more due than was leased.
    `free`: of providers with a limit, the connections that are free.
    Jobs that were in a batch whose executor was lost go in halves of what they were in, until the culprit is alone.
    """
    for (kind, provider, crashes), alike in groupby(sorted(jobs, key=_likeness), key=_likeness):
        ids = [job.id for job in alike]
        hands = min(filter(None, (slots, free.get(provider))), default=None)
        size = max(1, _size(len(ids), terms[kind], hands, backlog=backlog) >> min(crashes, 62))
        for start in range(0, len(ids), size):
            part = tuple(ids[start : start + size])
            yield Message(part[0] if len(part) == 1 else new_id(), kind, provider, part)


def _size(count: int, terms: Terms, hands: int | None, *, backlog: bool) -> int:
    if terms.bulk and backlog:
        return terms.batch
    spread = hands or SPREAD
    return min(terms.batch, ceil(count / (min(SPREAD, spread) if terms.bulk else spread)))


def _likeness(job: Leased) -> tuple[str, str, int]:
    return job.kind, job.provider, job.crashes


def within(messages: Sequence[Message], free: Mapping[str, int]) -> tuple[list[Message], list[Message]]:
    """Those for which their provider has connections free, and the rest. A provider that is not in `free` has no limit."""
    left = dict(free)
    taken: list[Message] = []
    surplus: list[Message] = []
    for message in messages:
        room = left.get(message.provider)
        if room is not None:
            left[message.provider] = room - 1
        (taken if room is None or room > 0 else surplus).append(message)
    return taken, surplus
