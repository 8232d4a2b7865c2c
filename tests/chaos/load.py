"""The visitors: sign-ups at a steady rate, whatever becomes of those before (an open loop), over real HTTP.

Separate, because what a visitor was told is the one thing that the counting must hold the system to. It must never try
a sign-up again: what was refused stays refused.
"""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

VISITORS = 32
PATIENCE_S = 10.0
REPEATS = 0.05  # of all sign-ups, by somebody who has signed up before


class Answer(StrEnum):
    """What a visitor was told."""

    ACCEPTED = "accepted"  # 202: from here on it must not be lost
    REFUSED = "refused"  # a clear 503, or nobody listened
    UNANSWERED = "no answer"  # sent, and the connection broke or nothing came: it may have been taken or not
    WRONG = "wrong"  # any other status: never right, whatever is broken


@dataclass(frozen=True, slots=True)
class Visit:
    """One sign-up: by whom, what they were told, after how many seconds from the moment at which it was due."""

    address: str
    answer: Answer
    status: int | None
    seconds: float


class Load:
    """`count` sign-ups at `rate` a second; who comes when is decided by the seed."""

    def __init__(self, port: int, *, seed: int, count: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self._addresses = addresses(seed, count)
        self._next = itertools.count()
        self._began = 0.0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.visits: list[Visit] = []  # complete once `join` has returned
        self._threads = [threading.Thread(target=self._visitor, name=f"visitor-{n}") for n in range(VISITORS)]

    def start(self) -> None:
        """Let them come."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more after those that are on their way."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def join(self, give_up: float) -> None:
        """Return when the last one has been answered, or soon after `give_up` (monotonic): no more come then."""
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        self.stop()

    def _visitor(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        while (turn := next(self._next)) < len(self._addresses):
            due = self._began + turn / self._rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                break
            answer, status = sign_up(connection, self._addresses[turn])
            visit = Visit(self._addresses[turn], answer, status, time.monotonic() - due)
            with self._lock:
                self.visits.append(visit)
        connection.close()


def addresses(seed: int, count: int) -> Sequence[str]:
    """Who signs up, in order: mostly somebody new."""
    rng = Random(f"usher visitors {seed}")
    come: list[str] = []
    for n in range(count):
        again = come and rng.random() < REPEATS
        come.append(rng.choice(come) if again else f"visitor.{seed}.{n}@example.org")
    return come


def sign_up(connection: http.client.HTTPConnection, address: str) -> tuple[Answer, int | None]:
    """One POST on a connection of its own: one that was kept and is found closed would look like a lost answer."""
    body = json.dumps({"email": address})
    try:
        connection.connect()
    except OSError:
        connection.close()
        return Answer.REFUSED, None
    try:
        connection.request("POST", "/api/v1/signups", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return Answer.UNANSWERED, None
    finally:
        connection.close()
    match response.status:
        case 202:
            return Answer.ACCEPTED, response.status
        case 503:
            return Answer.REFUSED, response.status
        case _:
            return Answer.WRONG, response.status
