"""Refuses what another web site sends through the developer's browser.

Separate, because everything that changes something asks here first: the sandbox has no password, so a page open in
another tab could otherwise break it by posting a form. Programs (curl, requests) send neither header and may pass.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.problems import problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_from_elsewhere(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a browser says that the request comes from a page of another origin.

    Another port of the same machine counts as elsewhere: `Sec-Fetch-Site: same-site` is refused as well.
    """
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return True
    return origin is not None and urlsplit(origin).netloc != host


def own_pages_only(handler: Handler) -> Handler:
    """The handler, behind a 403 for whatever comes from elsewhere."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        if is_from_elsewhere(request.host, headers.get("Origin"), headers.get("Sec-Fetch-Site")):
            return problem(403, "This request comes from another site; use the sandbox's own page, or a program.")
        return await handler(request)

    return guarded
