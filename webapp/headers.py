"""Headers that every answer carries, whatever it is.

Separate so that no view can forget one. It must never allow an exception for one page: a page that needs an inline
script or a foreign host is written differently instead.
"""

from flask import Flask, Response, request

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of a status page is a secret
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = f"max-age={365 * 24 * 3600}"


def register(app: Flask, *, https: bool) -> None:
    """Add them after every request. `https`: browsers may be told never to come without it again."""

    @app.after_request
    def add(answer: Response) -> Response:
        answer.headers.update(_ALWAYS)
        if https:
            answer.headers["Strict-Transport-Security"] = _HSTS
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        return answer
