"""An answer in JSON, ready to be sent as it stands.

Separate because Werkzeug looks at every header again before it sends an answer: whether an address needs encoding,
how long the body is. Here both are known, and looking was a tenth of a sign-up's time. It must never be given an
address that is not ASCII.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MIME = "application/json"


class JsonAnswer(Response):
    """`text` is the body, `headers` what comes beside its type and length."""

    def __init__(self, text: str, status: int, headers: Mapping[str, str]) -> None:
        body = text.encode()
        told = [("Content-Type", MIME), ("Content-Length", str(len(body))), *headers.items()]
        super().__init__([body], status, Headers(told))

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002  # Werkzeug passes it
        """All of them, as they are."""
        return self.headers
