"""How many jobs a message carries: one when little is due, up to the kind's `batch` under a backlog. Pure.

It grows and shrinks with what is due at this moment and with the hands there are, never by waiting for more.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from types import MappingProxyType
from uuid import UUID

from ledger.ids import new_id
from ledger.messages import Message

SPREAD = 4
"""Bulk calls that the due jobs are shared out over: up to so many are due, each goes alone, and a few dozen still leave at once."""


FEW = 8
"""Jobs that go one after the other in one message when there is no backlog, but the worker is slower to take messages than people are
to sign up."""


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
    hands: int | None,
    backlog: Collection[str],
    waiting: int = 0,
    behind: int | None = None,
    limits: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Message]:
    """Share leased jobs out over messages, each of one kind.

    `hands`: messages that are carried at once, all workers together; None where that is not known. `limits`: of providers
    that have one, the most calls at once. `backlog`: the kinds of which there is more due than was leased; `waiting`: about
    how much is due and was not. `behind`: messages lie on the wire that nobody has taken, and there is room for so many more: what is
    due goes in those, since more would not be taken any sooner.
    Jobs that were in a batch whose executor was lost go in halves of what they were in, until the culprit is alone.
    """
    for (kind, provider, crashes), alike in groupby(sorted(jobs, key=_likeness), key=_likeness):
        ids = [job.id for job in alike]
        most = min((number for number in (hands, limits.get(provider)) if number is not None), default=None)
        if terms[kind].bulk:
            size = terms[kind].batch if kind in backlog else ceil(len(ids) / min(SPREAD, most or SPREAD))
        else:
            share = max(len(ids), waiting) if kind in backlog else len(ids)
            size = ceil(share / (most or SPREAD))
            if behind:
                size = max(size, min(FEW, ceil(len(ids) / behind)))
        size = max(1, min(terms[kind].batch, size) >> min(crashes, 62))
        for part in _parts(ids, size, staggered=not terms[kind].bulk):
            yield Message(part[0] if len(part) == 1 else new_id(), kind, provider, part)


def _parts(ids: Sequence[UUID], size: int, *, staggered: bool) -> Iterator[tuple[UUID, ...]]:
    """In parts of at most `size`. Staggered, from whole ones down to half: messages whose jobs go one after the other and that
    leave together would also end together, and their hands would all be free until the next come.
    """
    count = ceil(len(ids) / size)
    start = nth = 0
    while start < len(ids):
        some = size - (size * min(nth, count) // (2 * count) if staggered else 0)
        yield tuple(ids[start : start + some])
        start, nth = start + some, nth + 1


def _likeness(job: Leased) -> tuple[str, str, int]:
    return job.kind, job.provider, job.crashes


def within(messages: Sequence[Message], free: Mapping[str, int], *, slots: int) -> tuple[list[Message], list[Message]]:
    """Those for which there is a slot, and their provider has connections free; and the rest. A provider that is not in `free`
    has no limit.
    """
    left = dict(free)
    taken: list[Message] = []
    surplus: list[Message] = []
    for message in messages:
        room = left.get(message.provider, slots)
        if len(taken) < slots and room > 0:
            left[message.provider] = room - 1
            taken.append(message)
        else:
            surplus.append(message)
    return taken, surplus
