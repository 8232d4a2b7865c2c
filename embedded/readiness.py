"""How one knows that a process does its work: it answers, or it has said so.

Separate because "started" and "answers" are different things, and the table of addresses is printed only for the second.

A probe must never wait long: it runs in the loop that also listens for Ctrl-C.
"""

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

_SECONDS = 0.5


@dataclass(frozen=True)
class Answers:
    """Ready when a GET of `url` is answered with one of `statuses`, or, where none are named, answered at all."""

    url: str
    statuses: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return self.url

    def holds(self) -> bool:
        """Ask once."""
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_SECONDS)
        try:
            connection.request("GET", where.path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return not self.statuses or status in self.statuses


@dataclass(frozen=True)
class Says:
    """Ready when a line of its output contains `text`."""

    text: str

    def __str__(self) -> str:
        return f"the line {self.text!r}"

    def seen_in(self, line: str) -> bool:
        """Whether this is the line."""
        return self.text in line


Readiness = Answers | Says
