"""Gives a body that came in chunks a length before anybody reads it, so that one limit holds for every body.

Separate because Werkzeug, where no length was sent, stops reading at the limit without a word: what lies beyond is cut
off, and the rest is taken for the whole. It must never hold more of a body than the limit.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SWALLOWED = 64 * 1024  # bytes beyond the limit that are read before a body is refused


class ChunkedBodies:
    """WSGI middleware. A body of more than `limit` bytes gets a length past it, and so Flask's own 413."""

    def __init__(self, application: "WSGIApplication", limit: int) -> None:
        self._application = application
        self._limit = limit

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand the request on, its body measured."""
        if "CONTENT_LENGTH" not in environ and environ.get("wsgi.input_terminated"):
            body, complete = self._read(environ["wsgi.input"])
            environ["wsgi.input"] = BytesIO(body)
            # One byte that never comes is how Werkzeug sees a client that hung up: 400.
            environ["CONTENT_LENGTH"] = str(len(body) if complete else len(body) + 1)
            environ.pop("HTTP_TRANSFER_ENCODING", None)  # it outranks a length, and it has been undone
        return self._application(environ, start_response)

    def _read(self, stream: BinaryIO) -> tuple[bytes, bool]:
        body = bytearray()
        try:
            while len(body) <= self._limit and (piece := stream.read(self._limit + 1 - len(body))):
                body += piece
            if len(body) > self._limit:
                _swallow(stream)
        except OSError:  # broken off, or no chunks at all
            return bytes(body), False
        return bytes(body), True


def _swallow(stream: BinaryIO) -> None:
    """Read a little further, for nothing: whoever is still sending when the connection is closed never sees the answer."""
    left = SWALLOWED
    while left > 0 and (piece := stream.read(min(left, 8192))):
        left -= len(piece)
