"""How tests and people break the providers and read what reached them: `/_control` and `/_journal`.

Separate from the page, because these addresses are a contract (tests of other parts use them) and the page is not.
It must never know one provider from another.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from itertools import islice

from aiohttp import web

from sandbox.journal import Entry
from sandbox.listener import TakenPortError
from sandbox.origin import own_pages_only
from sandbox.problems import problem
from sandbox.provider import Provider
from sandbox.settings import BadSettingsError, parse_settings

AT_A_TIME = 200  # entries encoded before the providers get their turn again


class Control:
    """The control interface of these providers."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/_control", self._show_all),
            web.get("/_control/{provider}", self._show),
            web.put("/_control/{provider}", own_pages_only(self._change)),
            web.get("/_journal/{provider}", self._journal),
            web.delete("/_journal/{provider}", own_pages_only(self._clear)),
        ]

    async def _show_all(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({name: provider.as_json() for name, provider in self._providers.items()})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        provider = self._providers.get(request.match_info["provider"])
        return self._no_such(request) if provider is None else web.json_response(provider.as_json())

    async def _change(self, request: web.Request) -> web.StreamResponse:
        provider = self._providers.get(request.match_info["provider"])
        if provider is None:
            return self._no_such(request)
        try:
            given = json.loads(await request.read())
        except ValueError:
            return problem(400, "The body is not JSON.")
        if not isinstance(given, dict):
            return problem(422, 'The body must be a JSON object such as {"mode": "down"}.', {"": "must be an object"})
        try:
            settings = parse_settings(given, provider.knobs)
        except BadSettingsError as error:
            return problem(422, str(error), error.faults)
        provider.spare(request.transport)
        try:
            await provider.apply(settings)
        except TakenPortError as error:
            return problem(503, f"{provider.title} cannot listen again: {error}")
        return web.json_response(settings.as_json())

    async def _journal(self, request: web.Request) -> web.StreamResponse:
        provider = self._providers.get(request.match_info["provider"])
        if provider is None:
            return self._no_such(request)
        if _is_on(request, "count"):
            return web.json_response(provider.journal.totals())
        after = request.query.get("after", "0")
        if not after.isdecimal():
            return problem(422, "after: must be a whole number", {"after": "must be a whole number"})
        body = await _encoded(provider.journal.since(int(after)), brief=_is_on(request, "brief"))
        return web.Response(body=body, content_type="application/json")

    async def _clear(self, request: web.Request) -> web.StreamResponse:
        provider = self._providers.get(request.match_info["provider"])
        if provider is None:
            return self._no_such(request)
        provider.clear()
        return web.Response(status=204)

    def _no_such(self, request: web.Request) -> web.Response:
        name = request.match_info["provider"]
        return problem(404, f"There is no provider {name!r} here; there are {', '.join(self._providers)}.")


def _is_on(request: web.Request, switch: str) -> bool:
    return request.query.get(switch, "0") not in ("", "0")


async def _encoded(entries: Iterator[Entry], *, brief: bool) -> bytes:
    parts = []
    while some := [entry.as_json(brief=brief) for entry in islice(entries, AT_A_TIME)]:
        parts.append(json.dumps(some)[1:-1])
        await asyncio.sleep(0)  # because unpacking ten thousand mails must not stop the providers for seconds
    return f"[{','.join(parts)}]".encode()
