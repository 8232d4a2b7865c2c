"""Reads a request's body before it is the request's turn to be answered: whoever sends slowly waits in nobody's place.

Separate from the turnstile, which counts answers, and outside of it. It must never hold more than `limit` bytes of a body:
what says that it is longer is refused unread, by Flask.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class EarlyBodies:
    """WSGI middleware, outside the turnstile. For bodies with a length; those in chunks are `webapp.chunked_body`'s."""

    def __init__(self, application: "WSGIApplication", limit: int) -> None:
        self._application = application
        self._limit = limit

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand the request on once its body is here."""
        length = environ.get("CONTENT_LENGTH", "")
        if length.isascii() and length.isdigit() and 0 < int(length) <= self._limit:
            environ["wsgi.input"] = BytesIO(_read(environ["wsgi.input"], int(length)))
        return self._application(environ, start_response)


def _read(stream: BinaryIO, length: int) -> bytes:
    body = bytearray()
    try:
        while len(body) < length and (piece := stream.read(length - len(body))):
            body += piece
    except OSError:  # the client has hung up: Werkzeug finds less than was said, and answers 400
        pass
    return bytes(body)
