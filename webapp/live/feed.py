"""The one in each web process who asks the ledger what is new, for all who watch: a statement a tick, however many they are.

A thread that the first watcher begins and that ends when there is none, so a process nobody watches asks nothing. Notify
would be quicker and is not used: one for each move serialises the commits of workers. It must never hold its lock while it
waits for the ledger, nor fall with it: watchers stay, and hear afterwards what they have missed.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from time import monotonic
from uuid import UUID

import psycopg

from ledger.connection import Connection
from ledger.live import News, Watched, news
from webapp.errors import OUTAGE, note_outage
from webapp.live.pace import Pace
from webapp.live.topic import Topic
from webapp.live.watcher import Watcher
from webapp.safe_log import without_text

_log = logging.getLogger(__name__)

Session = Callable[[], AbstractContextManager[Connection]]


class CrowdedError(Exception):
    """As many watch as may, or the process is about to end."""


class CutOffError(psycopg.OperationalError):
    """The ledger did not say in time whether there is such a sign-up."""


class Feed:
    """Lends out watchers. `session` is opened for each look and given back after it."""

    def __init__(self, session: Session, pace: Pace) -> None:
        self.pace = pace
        self._session = session
        self._lock = threading.Lock()
        self._wanted = threading.Event()  # somebody came whose sign-up is not known yet, or all have gone
        self._topics: dict[UUID, Topic] = {}
        self._watching = 0
        self._thread: threading.Thread | None = None
        self._cut_off = False
        self._is_retired = False

    def join(self, signup_id: UUID) -> Watcher | None:
        """Somebody who watches from now on, until `leave`; None where there is no such sign-up.

        Raises `CrowdedError`, and `CutOffError` where the ledger does not answer.
        """
        watcher = self._enter(signup_id)
        topic = watcher.topic
        topic.known.wait(0 if self._cut_off else self.pace.first_look)
        if topic.story is not None and not topic.is_missing:
            return watcher
        self.leave(watcher)
        if topic.is_missing:
            return None
        raise CutOffError

    def leave(self, watcher: Watcher) -> None:
        """Watch no longer. Again is no mistake."""
        with self._lock:
            topic = watcher.topic
            if watcher not in topic.watchers:
                return
            topic.watchers.remove(watcher)
            self._watching -= 1
            if not topic.watchers and self._topics.get(topic.id) is topic:
                del self._topics[topic.id]
            if not self._topics:
                self._wanted.set()

    def retire(self) -> None:
        """Send everybody away, and let nobody in any more: an answer that never ends would keep the process from ending."""
        self._is_retired = True
        self.close()

    def close(self) -> None:
        """Send everybody away who watches now."""
        with self._lock:
            topics = list(self._topics.values())
        self._send_away(topics)

    @property
    def watching(self) -> int:
        """How many do."""
        return self._watching

    def _enter(self, signup_id: UUID) -> Watcher:
        with self._lock:
            if self._is_retired or self._watching >= self.pace.most:
                raise CrowdedError
            self._watching += 1
            topic = self._topics.setdefault(signup_id, Topic(signup_id))
            watcher = Watcher(topic)
            topic.watchers.add(watcher)
            if not topic.known.is_set():
                self._wanted.set()
            # A thread does not survive a fork, and one that found nobody has gone: see `_goes_home`.
            if self._thread is None or not self._thread.is_alive():
                self._cut_off = False
                self._thread = threading.Thread(target=self._run, name="usher-live", daemon=True)
                self._thread.start()
        return watcher

    def _run(self) -> None:
        next_look = monotonic() + self.pace.tick
        pause = threading.Event()
        while not self._goes_home():
            if self._wanted.wait(max(0.0, next_look - monotonic())):
                pause.wait(self.pace.gather)
                self._wanted.clear()
                self._look(known=False)
            if monotonic() >= next_look:
                self._look(known=True)
                next_look = monotonic() + (self.pace.rest if self._cut_off else self.pace.tick)

    def _goes_home(self) -> bool:
        with self._lock:
            if not self._topics:
                self._thread = None
            return not self._topics

    def _look(self, *, known: bool) -> None:
        """Ask for all that are known already, or for all that are not."""
        with self._lock:
            topics = {topic.id: topic for topic in self._topics.values() if topic.known.is_set() is known}
        if not topics:
            return
        try:
            found = self._ask([topic.watched for topic in topics.values()])
        except Exception as error:  # noqa: BLE001  # whatever it is, they watch on, and the next look may succeed
            self._note(error)
            if not known:
                self._send_away(list(topics.values()))  # those who wait to be let in: it cannot be said
            return
        self._cut_off = False
        now = monotonic()
        for signup_id, what in found.items():
            _deliver(topics[signup_id], what, now)

    def _ask(self, watched: list[Watched]) -> dict[UUID, News | None]:
        with self._session() as connection:
            return news(connection, watched)

    def _note(self, error: Exception) -> None:
        if not isinstance(error, OUTAGE):
            _log.error("unexpected fault: %s", without_text(error))
        elif not self._cut_off:
            note_outage(error)  # once for each outage, and not once a second
        self._cut_off = True

    def _send_away(self, topics: Iterable[Topic]) -> None:
        """Whoever comes next is looked up anew."""
        with self._lock:
            for topic in topics:
                self._topics.pop(topic.id, None)
            if not self._topics:
                self._wanted.set()
        for topic in topics:
            topic.end()


def _deliver(topic: Topic, what: News | None, now: float) -> None:
    """One that cannot be told must not keep the others from hearing."""
    try:
        topic.hear(what, now)
    except Exception as error:  # noqa: BLE001  # a fault of ours; whoever watches comes back, or asks
        _log.error("unexpected fault: %s", without_text(error))
        topic.end()
