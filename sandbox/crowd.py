"""How many calls are being worked on at once, and how many it ever were.

Separate, because a provider that allows so many at a time turns the rest away, and a test has to be able to ask
afterwards whether it ever came to that. It must never wait: whoever is too many is told so at once.
"""


class Crowd:
    """The calls that have arrived and are not answered yet."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0  # with those that were turned away: more than the limit if it was ever passed
        self.turned_away = 0

    def enter(self, limit: int | None) -> bool:
        """One more; False if that makes more than `limit` and it was turned away. Whoever got in must `leave`."""
        self.most = max(self.most, self.now + 1)
        if limit is not None and self.now >= limit:
            self.turned_away += 1
            return False
        self.now += 1
        return True

    def leave(self) -> None:
        """One less."""
        self.now -= 1

    def forget(self) -> None:
        """Count the most and the turned away anew; those inside stay."""
        self.most, self.turned_away = self.now, 0
