"""Errors of the sandbox's own interfaces, as problem details (RFC 9457).

Separate from the providers' errors, because those imitate somebody else's wording.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web


def problem(status: int, detail: str, faults: Mapping[str, str] | None = None) -> web.Response:
    """An `application/problem+json` answer; `faults` maps the name of a bad field to what is wrong with it."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if faults:
        body["errors"] = [{"pointer": f"#/{field}", "detail": fault} for field, fault in faults.items()]
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/problem+json")
