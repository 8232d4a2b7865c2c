"""Lets as many requests in at once as are meant to be answered at once, though the server has more threads than that.

The server holds each open stream on a thread, asleep, so it has a thread for each that may be open. Without this a crowd of
sign-ups would be worked on by all of those together, each waiting for the others. Streams are let in a few at a time, and on
their own account: while they are looked up they wait, and must not wait in a sign-up's place.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STREAMS = "/events"  # how their addresses end
ARRIVING = 16  # each is looked up together with the others: some hundreds a second


class Turnstile:
    """WSGI middleware, the outermost. What is sent piece by piece, is sent outside of it."""

    def __init__(self, application: "WSGIApplication", answering: int) -> None:
        self._application = application
        self._answering = threading.Semaphore(answering)
        self._arriving = threading.Semaphore(ARRIVING)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The application's answer, when it is its turn."""
        with self._arriving if environ["PATH_INFO"].endswith(STREAMS) else self._answering:
            return self._application(environ, start_response)
