"""Whether a form was sent by a page of another site.

Separate because the pages behind personal links need no token against forgery (their address is the secret), and are
refused to other sites all the same. It must never stand before the unsubscribing of RFC 8058, where mail clients and
their servers send what no page of ours sent.
"""

from urllib.parse import urlsplit

from flask import Request
from werkzeug.exceptions import Forbidden

_HERE = frozenset({"same-origin", "none"})
_HIDDEN = "null"  # what our own pages send, because their Referrer-Policy is no-referrer (Fetch, 3.2)


def refuse_other_sites(request: Request, own_url: str) -> None:
    """Raises 403 where the browser says that another site sent this. `own_url`: where visitors reach us.

    A browser that says nothing is let through: it is an old one, or none.
    """
    said = request.headers.get("Sec-Fetch-Site", "").strip().lower()
    origin = request.headers.get("Origin", _HIDDEN).strip().lower()
    elsewhere = said not in _HERE if said else origin not in {_HIDDEN, _origin(own_url), _origin(request.host_url)}
    if elsewhere:
        raise Forbidden("This was sent by another site.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
