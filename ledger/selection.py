"""Which jobs: the one filter that listings, groups, bulk operations and their audit share.

Separate so that what a dry run counts, what a page shows and what a bulk operation moves is the same set by
construction. It must never be built from unchecked words: the doors check the vocabulary.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any

from ledger.states import WAITING, State


@dataclass(frozen=True, slots=True)
class Selection:
    """All that are given must hold; None holds for every job.

    `after` (inclusive) and `before` (exclusive), aware, are about when a job ended or, where it has not, when it was owed.
    """

    state: State | None = None
    kind: str | None = None
    queue: str | None = None
    error: str | None = None
    after: datetime | None = None
    before: datetime | None = None

    def condition(self) -> str:
        """What to set after WHERE; its values are `parameters`.

        Only what is given is written, and the state as a literal: otherwise no partial index could be used.
        """
        given = [_CONDITIONS[name] for name in _CONDITIONS if getattr(self, name) is not None]
        state = [f"state = '{self.state}'"] if self.state else []
        if self.state in WAITING:
            state.append("awaits_decision")
        return " AND ".join([*state, *given]) or "true"

    def parameters(self) -> dict[str, object]:
        """The values of `condition`, by name."""
        return {name: getattr(self, name) for name in _CONDITIONS}

    def as_json(self) -> dict[str, str]:
        """What is given, as text, for the audit and for `from_json`."""
        return {name: _text(value) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Selection":
        """The selection that `as_json` described."""
        readers: dict[str, Any] = {"state": State, "after": datetime.fromisoformat, "before": datetime.fromisoformat}
        known = {field.name for field in fields(cls)}
        return cls(**{name: readers.get(name, str)(value) for name, value in stored.items() if name in known})

    def digest(self) -> str:
        """Sixteen characters that tell this selection from any other."""
        return sha256(dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


_CONDITIONS = {
    "kind": "kind = %(kind)s",
    "queue": "queue = %(queue)s",
    "error": "error_code = %(error)s",
    "after": "coalesce(finished_at, created_at) >= %(after)s",
    "before": "coalesce(finished_at, created_at) < %(before)s",
}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
