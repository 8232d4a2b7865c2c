"""Hands an answer that is there as a whole to the server as a whole, and not as a stream of one piece.

Separate because it is about granian alone: a list is written from where it is, anything else is fetched piece by piece
by a thread of its own, at a fifth of what a small request costs. It must never wait for a stream to end.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST = 64 * 1024  # bytes; what is longer may be a file, and is read as it is sent


class WholeAnswers:
    """WSGI middleware. Whole is what says its length, and is short."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The application's answer, as a list where it is whole."""
        length = LONGEST + 1

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            nonlocal length
            length = next((int(value) for name, value in headers if name == "Content-Length"), length)
            return start_response(status, headers, *exc_info)

        answer = self._application(environ, start)
        return answer if length > LONGEST else list(_read(answer))


def _read(answer: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()
