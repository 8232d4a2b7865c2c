"""Headers that every answer carries, whatever it is.

Separate so that no view can forget one. It must never allow an exception for one page: a page that needs an inline
script or a foreign host is written differently instead.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    ("Content-Security-Policy", _CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),  # the address of a status page is a secret
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_HSTS = ("Strict-Transport-Security", f"max-age={365 * 24 * 3600}")
_UNCACHED = ("Cache-Control", "no-store")


class StrictHeaders:
    """WSGI middleware that adds them. `https`: browsers may be told never to come without it again.

    Below Flask, where it costs a list's `extend`: as a hook after each request it was a tenth of a sign-up's time.
    """

    def __init__(self, application: "WSGIApplication", *, https: bool) -> None:
        self._application = application
        self._always = (*_ALWAYS, _HSTS) if https else _ALWAYS

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand the request on, and the headers back with the answer's own."""
        lasting = environ["PATH_INFO"].startswith("/static/")

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            headers.extend(self._always)
            if not lasting:
                headers.append(_UNCACHED)
            return start_response(status, headers, *exc_info)

        return self._application(environ, start)
