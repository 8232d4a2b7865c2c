"""Ids: UUIDs of version 7, which nobody can guess and which grow with time.

Growing, so that rows that are made together lie together in every index on their ids: with random ones each new row
dirties a page of its own. 74 of the bits are random (RFC 9562, section 5.7).
"""

import os
import time
from collections.abc import Iterator
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM = (0xFFF << 64) | (1 << 62) - 1
_DRAWN = 10  # bytes for each


def new_id() -> UUID:
    """A new id."""
    return next(new_ids(1))


def new_ids(count: int) -> Iterator[UUID]:
    """So many of them, from one call for randomness: each call lets another thread run first, which costs more than an id."""
    milliseconds = time.time_ns() // 1_000_000
    drawn = os.urandom(_DRAWN * count)
    for start in range(0, len(drawn), _DRAWN):
        noise = int.from_bytes(drawn[start : start + _DRAWN])
        yield UUID(int=milliseconds << 80 | noise & _RANDOM | _VERSION_7 | _VARIANT)
