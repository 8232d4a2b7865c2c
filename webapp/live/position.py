"""How far somebody has read: `12.9` is twelve moves of a sign-up's first job, and nine of its second, in the order owed.

What a stream's `id:` and `Last-Event-ID` are made of. One number for all jobs would have to be handed out under a lock that
they share; these need none: see `ledger.live`. It must never be trusted: anybody can send anything.
"""

import re
from collections.abc import Sequence

LONGEST = 200  # characters
_SHAPE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*")

Position = tuple[int, ...]


def written(position: Sequence[int]) -> str:
    """As it stands behind `id:`. A sign-up that owes nothing has `0`."""
    return ".".join(map(str, position)) or "0"


def read(text: str | None, lengths: Sequence[int]) -> Position | None:
    """The position that `text` means among histories of these lengths; None where it means none, and all is to be told.

    It may name fewer jobs than there are: the others came to be owed afterwards. Never more moves than there have been.
    """
    if text is None or len(text) > LONGEST or not _SHAPE.fullmatch(text):
        return None
    numbers = tuple(map(int, text.split(".")))
    if any(numbers[len(lengths) :]) or any(seen > length for seen, length in zip(numbers, lengths, strict=False)):
        return None
    return numbers[: len(lengths)]
