"""What every provider in the sandbox has: its settings, its journal, its counters and a way to wait on a change.

Separate, because the control interface and the page see providers only as this. A provider of one's own is one file
with a subclass, and one line in server.py. It must never know a protocol.
"""

import asyncio
from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from weakref import WeakSet

from aiohttp import web

from sandbox.journal import Entry, Journal
from sandbox.modes import Mode, behaviour
from sandbox.settings import Settings
from sandbox.wire import reset


class Provider:
    """One provider that can be broken while it runs."""

    name: str  # as in `/_control/{name}`
    title: str  # as on the page
    about: str  # a sentence for the page
    effects_of: Mapping[Mode, str]  # what each mode does to its callers, in plain language
    knobs: frozenset[str] = frozenset()  # the settings it has beyond those that all have
    partings: Mapping[str, str] = MappingProxyType({})  # effects by which somebody is gone: `left` or `erased`
    names_a_pause = True  # its "too many" says when to come back

    def __init__(self) -> None:
        self.settings = Settings()
        self.journal = Journal()
        self.requests = 0
        self._chance = Random()  # noqa: S311 - it decides which call fails, not a secret
        self._waiting: set[asyncio.Future[bool]] = set()  # each ends true by a change of settings, false by its time
        # Weak, because a connection is its server's: it leaves here when the server lets go of it.
        self._connections: WeakSet[asyncio.BaseTransport] = WeakSet()

    def line(self, entry: Entry) -> tuple[str, str]:
        """An effect in short, for people: on whom, and what."""
        return entry.key, entry.effect

    def people(self) -> Mapping[str, int] | None:
        """`{on_list, left, erased}`, where the provider keeps a list of people."""
        return None

    def routes(self) -> list[web.RouteDef]:
        """The HTTP routes this provider answers on; none where it speaks something else."""
        return []

    async def start(self) -> None:
        """Begin to listen, where the provider has a port of its own."""

    async def stop(self) -> None:
        """Stop listening and let go of every connection."""
        self._wake()
        self.drop_connections()

    async def apply(self, settings: Settings) -> None:
        """Behave like this from the next request on; whoever is being kept waiting is let go."""
        self.settings = settings
        self._chance = Random(settings.seed)  # noqa: S311 - a seed makes flaky repeatable
        self._wake()
        if settings.mode is Mode.REFUSE:
            self.drop_connections()

    def clear(self) -> None:
        """Forget every effect."""
        self.journal.clear()

    def behaviour(self) -> Mode:
        """What the call that has just arrived meets; a flaky provider throws its die here."""
        settings = self.settings
        roll = self._chance.random() if settings.mode is Mode.FLAKY else 0.0
        return behaviour(settings.mode, settings.error_rate, roll)

    async def pause(self, seconds: float | None = None) -> bool:
        """Wait the latency that is set (or `seconds`); True if a change of settings ended the wait."""
        wait_s = self.settings.latency_ms / 1000 if seconds is None else seconds
        return await self._wait(wait_s) if wait_s > 0 else False

    async def changed(self) -> None:
        """Wait until somebody changes the settings, or the sandbox stops."""
        await self._wait(None)

    def connected(self, transport: asyncio.BaseTransport) -> None:
        """This connection belongs to one of the provider's callers."""
        self._connections.add(transport)

    def spare(self, transport: asyncio.BaseTransport | None) -> None:
        """This connection turned out to carry orders to the sandbox as well: it is not the provider's to drop."""
        if transport is not None:
            self._connections.discard(transport)

    @property
    def connections(self) -> int:
        """How many callers are connected now."""
        return sum(not transport.is_closing() for transport in self._connections)

    def drop_connections(self) -> None:
        """Reset every caller's connection."""
        for transport in list(self._connections):
            reset(transport)

    def as_json(self) -> dict[str, object]:
        """The settings and the counters, as `GET /_control/{provider}` gives them."""
        return self.settings.as_json() | self.counters()

    def counters(self) -> dict[str, object]:
        """What it counts: `requests`, open `connections`, `effects` since the last clear."""
        return {"requests": self.requests, "connections": self.connections, "effects": self.journal.count}

    async def _wait(self, seconds: float | None) -> bool:
        # A future and a timer of its own, because asyncio.wait_for costs several times as much, and a load test waits
        # here a thousand times a second.
        loop = asyncio.get_running_loop()
        over: asyncio.Future[bool] = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _settle, over, False)  # noqa: FBT003 - see below
        self._waiting.add(over)
        try:
            return await over
        finally:
            self._waiting.discard(over)
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        for over in self._waiting:
            _settle(over, by_change=True)


def _settle(over: asyncio.Future[bool], by_change: bool) -> None:  # noqa: FBT001 - call_later hands on no keywords
    if not over.done():
        over.set_result(by_change)
