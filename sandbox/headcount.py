"""How many people are on a list of this provider, have left, and were erased.

Separate, because both newsletters show it and it has to be kept as people move: to count half a million of them each
second, for the page, would keep every caller waiting. It must never know who they are.
"""

from collections import Counter
from enum import StrEnum


class Standing(StrEnum):
    """Where somebody stands."""

    ON_LIST = "on_list"
    LEFT = "left"
    ERASED = "erased"
    ELSEWHERE = "elsewhere"  # known, and neither: bounced, blocked, not asked yet


class Headcount:
    """A number for each standing."""

    def __init__(self) -> None:
        self._people: Counter[Standing] = Counter()

    def came(self, standing: Standing) -> None:
        """Somebody new."""
        self._people[standing] += 1

    def moved(self, before: Standing, after: Standing) -> None:
        """Somebody known stands elsewhere now."""
        self._people[before] -= 1
        self._people[after] += 1

    def as_json(self) -> dict[str, int]:
        """`{on_list, left, erased}`."""
        return {str(one): self._people[one] for one in (Standing.ON_LIST, Standing.LEFT, Standing.ERASED)}

    def clear(self) -> None:
        """Nobody was ever here."""
        self._people.clear()
