"""One who watches a sign-up: a place to wait at until there is news. What is told is the stream's business."""

import threading

from webapp.live.story import Story
from webapp.live.topic import Topic


class Watcher:
    """Waits in its own thread for what the feed's thread finds. Given back with `Feed.leave`."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._rung = threading.Event()

    @property
    def story(self) -> Story:
        """All that is known by now."""
        assert self.topic.story is not None
        return self.topic.story

    @property
    def is_sent_away(self) -> bool:
        """Whether there is nothing more to wait for: the process ends, or the sign-up is gone."""
        return self.topic.ended

    def ring(self) -> None:
        """There may be news."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Until there may be news; False where so many seconds have passed without."""
        # Cleared before the story is read, so news that comes in between rings again.
        found = self._rung.wait(max(0.0, seconds))
        self._rung.clear()
        return found
