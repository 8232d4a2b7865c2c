"""All of the live view that a web process has one of: the feed, and those who wait through it. Begun by its first use."""

from webapp.live.feed import Feed, Session
from webapp.live.pace import Pace
from webapp.live.waiters import Waiters

WAITERS = 32  # of the 64 threads that answer, unless told otherwise


class Live:
    """`session` lends a session of the ledger's; `pace` is for tests; `waiters`: how many callers may be kept waiting at once."""

    def __init__(self, session: Session, *, pace: Pace | None = None, waiters: int = WAITERS) -> None:
        self.feed = Feed(session, pace or Pace())
        self.waiters = Waiters(self.feed, waiters)

    def close(self) -> None:
        """End every stream and every wait that is under way. What is begun afterwards is answered as before."""
        self.feed.close()

    def retire(self) -> None:
        """The same, and nothing is begun any more: the process is about to end."""
        self.feed.retire()
