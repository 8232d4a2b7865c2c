"""A provider that speaks HTTP: carries each mode out on the wire.

Separate from the providers themselves, because listmonk, and whoever comes after it, break in the same ways and differ
only in what they say. It must never look into a body.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.answer import Answer
from sandbox.crowd import Crowd
from sandbox.explanations import HTTP_EFFECTS
from sandbox.modes import Mode
from sandbox.provider import Provider
from sandbox.wire import drip, sever

Call = Callable[[web.Request, bytes], Answer]

PROXY_PAGE = Answer(
    503,
    b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>proxy</center>\r\n"
    b"</body>\r\n</html>\r\n",
    "text/html",
)


class HttpProvider(Provider, ABC):
    """One provider on the sandbox's HTTP port. A subclass gives `routes` and its own words for each refusal."""

    effects_of = HTTP_EFFECTS
    knobs = frozenset({"connections"})
    own_limit: int | None = None  # calls at a time, where `connections` does not say otherwise

    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd()

    @property
    def limit(self) -> int | None:
        """How many calls it works on at once; the rest is turned away. None: it does not count."""
        return self.settings.connections or self.own_limit

    def clear(self) -> None:
        """Forget also how many there ever were at once."""
        super().clear()
        self.crowd.forget()

    def counters(self) -> dict[str, object]:
        """With the `limit`, the calls `at_once`, the `most_at_once`, and those `turned_away`, since the last clear."""
        crowd = self.crowd
        seen = {"at_once": crowd.now, "most_at_once": crowd.most, "turned_away": crowd.turned_away}
        return super().counters() | {"limit": self.limit} | seen

    def too_many(self) -> Answer:
        """What a call beyond the limit is told."""
        return self.refusal(Mode.RATE_LIMITED, "")

    @abstractmethod
    def refusal(self, mode: Mode, doing: str) -> Answer:
        """What this provider says in the modes error, rate_limited and unauthorized; `doing` names the call."""

    def breakable(
        self, call: Call, doing: str, *, signed_in: bool = True
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """An aiohttp handler that answers with `call` as far as the mode lets it.

        `call` takes the request and its body, and must not wait: what it does happens at once or not at all.
        `signed_in=False` marks what needs no credentials and so cannot be refused for them.
        """

        async def handle(request: web.Request) -> web.Response:
            if request.transport is not None:
                self.connected(request.transport)
            self.requests += 1
            if not self.crowd.enter(self.limit):
                return self.too_many().response()
            try:
                body = await request.read()
                mode = self.behaviour()
                if mode is Mode.UNAUTHORIZED and not signed_in:
                    mode = Mode.OK
                if mode is Mode.OK and not self.settings.latency_ms:
                    return call(request, body).response()
                return await self._broken(mode, request, lambda: call(request, body), doing)
            finally:
                self.crowd.leave()

        return handle

    async def _broken(self, mode: Mode, request: web.Request, call: Callable[[], Answer], doing: str) -> web.Response:
        match mode:
            case Mode.HANG:
                await self.changed()
                sever(request.transport)
            case Mode.REFUSE:
                await self.pause()
                sever(request.transport)
            case Mode.DOWN:
                await self.pause()
                return PROXY_PAGE.response()
            case Mode.ERROR | Mode.RATE_LIMITED | Mode.UNAUTHORIZED:
                refusal = self.refusal(mode, doing)
                await self.pause()
                return refusal.response()
        return await self._carried_out(mode, request, call)

    async def _carried_out(self, mode: Mode, request: web.Request, call: Callable[[], Answer]) -> web.Response:
        """The effect first and the pause after it, because that is what a client that gives up early has to fear."""
        before = self.journal.count
        answer = call()
        had_effect = self.journal.count != before
        await self.pause()
        if mode is Mode.COMMIT_THEN_DROP and had_effect:
            sever(request.transport)
        if mode is Mode.DRIP:
            await drip(self, request.transport, answer.raw())
            if request.transport is not None:
                request.transport.close()
            raise asyncio.CancelledError  # because aiohttp would answer a second time
        return answer.response()
