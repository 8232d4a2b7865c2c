"""What this process remembers of the mailboxes it has let mail through to, for when the ledger does not say.

Limits fail open, and whoever sends enough at once makes them fail: each sign-up that then went through unjudged would be one
more mail to one stranger. Separate from the ledger's limits, which are everybody's and are right; this is one process's, is
gone with it, and only sees to it that a flood makes no more of a mail than there are processes. It must never hold an
address: its keys are the digests of `webapp.front.limit_keys`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from config.front_door import Limit

MOST = 20_000  # mailboxes, a few megabytes; beyond it the oldest is forgotten
_SLACK_S = 0.001


@dataclass(frozen=True, slots=True)
class _Used:
    until: float  # when all that was used is earned back
    unheard: bool  # some of it the ledger knows nothing of


@dataclass
class Recollection:
    """`limit`: how often one mailbox may be written to. `clock`: seconds that never go back."""

    limit: Limit
    clock: Callable[[], float] = monotonic
    most: int = MOST
    _used: OrderedDict[bytes, _Used] = field(default_factory=OrderedDict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def use(self, key: bytes, *, judged: bool) -> bool:
        """Whether this mailbox may be written to once more, which is then remembered.

        `judged`: the ledger has said yes. It is only contradicted where it cannot know of a mail that went through here.
        """
        with self._lock:
            now = self.clock()
            known = self._used.get(key)
            owed = max(0.0, known.until - now) if known else 0.0
            unheard = owed > 0 and known is not None and known.unheard
            fits = owed + self._each <= self.limit.seconds + _SLACK_S
            if not fits and (unheard or not judged):
                return False
            self._used[key] = _Used(now + min(owed + self._each, self.limit.seconds), unheard or not judged)
            self._used.move_to_end(key)
            while len(self._used) > self.most:
                self._used.popitem(last=False)
            return True

    def give_back(self, key: bytes) -> None:
        """One use did not come about."""
        with self._lock:
            if known := self._used.get(key):
                self._used[key] = _Used(known.until - self._each, known.unheard)

    @property
    def _each(self) -> float:
        return self.limit.seconds / self.limit.quota
