"""Ids: UUIDs of version 7, which nobody can guess and which grow with time.

Growing, so that rows that are made together lie together in every index on their ids: with random ones each new row
dirties a page of its own. 74 of the bits are random (RFC 9562, section 5.7).
"""

import os
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM = (0xFFF << 64) | (1 << 62) - 1


def new_id() -> UUID:
    """A new id."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | int.from_bytes(os.urandom(10)) & _RANDOM | _VERSION_7 | _VARIANT)
