"""Which other sites may have a form of ours: those in ALLOWED_ORIGINS, and for programs in a page the CORS headers to say so.

Separate because it is one decision for every path, made below Flask where a request without an Origin costs one look. It
must never say `*`, never allow credentials, and never speak for the operator's API.

What comes with another origin is answered without these headers, not refused: a browser sends JSON to us only after a
preflight, which is not granted, so such a request comes from a program, and a program can leave the header out. To refuse
would protect nobody, and turn away whoever forwards a visitor's headers. The embedded form, which needs no preflight,
asks `allowed_origin` itself.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask import Request

from webapp.desk import at_desk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OPEN = ("/api/v1/signups", "/api/v1/jobs", "/api/v1/challenges")
_METHODS = "GET, HEAD, POST"
_SENT = "Content-Type, Idempotency-Key, Prefer, If-None-Match, Last-Event-ID"
_READ = "Location, Retry-After, ETag, RateLimit, RateLimit-Policy, Idempotent-Replayed, Preference-Applied"
_KEPT_S = 2 * 3600  # how long a browser may rely on a preflight; Chromium believes no more
_VARY = ("Vary", "Origin")


def allowed_origin(request: Request) -> str | None:
    """The other site that this comes from, where it may send us sign-ups; None for ourselves, for strangers and for `null`."""
    origin = request.environ.get("HTTP_ORIGIN")
    return origin if origin is not None and origin in at_desk().settings.allowed_origins else None


class CrossOrigin:
    """WSGI middleware. `origins`: as browsers write them."""

    def __init__(self, application: "WSGIApplication", origins: Sequence[str]) -> None:
        self._application = application
        self._origins = frozenset(origins)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand the request on, and the answer back with what its origin may read. A preflight ends here."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is None or not self._origins or not _is_open(environ["PATH_INFO"]):
            return self._application(environ, start_response)
        granted = origin in self._origins
        if granted and _is_preflight(environ):
            start_response("204 No Content", _preflight(origin))
            return []

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            headers.extend(_answer(origin) if granted else (_VARY,))
            return start_response(status, headers, *exc_info)

        return self._application(environ, start)


def _is_open(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in _OPEN)


def _is_preflight(environ: "WSGIEnvironment") -> bool:
    return environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ


def _answer(origin: str) -> Iterable[tuple[str, str]]:
    return (("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _READ), _VARY)


def _preflight(origin: str) -> list[tuple[str, str]]:
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", _SENT),
        ("Access-Control-Max-Age", str(_KEPT_S)),
        _VARY,
    ]
