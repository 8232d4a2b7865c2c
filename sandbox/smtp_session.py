"""One SMTP connection: aiosmtpd's protocol, with what it takes to break it.

Separate from the provider, because this is about bytes and connections, and that about what is answered. It must never
choose a reply: it asks its hooks.
"""

import asyncio
from typing import Protocol

from aiosmtpd.smtp import SMTP, AuthResult

from sandbox.modes import Mode
from sandbox.provider import Provider
from sandbox.wire import drip, sever

IDLE_S = 3600  # because a real server's five minutes would end the mode hang by themselves
SIZE = 10 * 1024 * 1024


class Hooks(Protocol):
    """What answers for the session; aiosmtpd looks up the `handle_...` methods by name."""

    async def greeting(self) -> str | None:
        """What to say instead of 220 before hanging up, or None."""


class SmtpSession(SMTP):
    """A session that can greet with a refusal, drip its replies, and hangs up after every 421 (RFC 5321, 3.8)."""

    def __init__(self, provider: Provider, hooks: Hooks) -> None:
        super().__init__(
            hooks,
            data_size_limit=SIZE,
            enable_SMTPUTF8=True,
            hostname="sandbox.example",  # because asking the resolver for this machine's name can take seconds
            ident="ESMTP",
            timeout=IDLE_S,
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=asyncio.get_running_loop(),
        )
        self._provider = provider
        self._hooks = hooks
        self.mail_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, then begin."""
        self._provider.connected(transport)
        super().connection_made(transport)

    async def push(self, status: str | bytes) -> None:
        """Send one reply the way the mode wants it sent."""
        reply = status.encode() if isinstance(status, str) else status
        if self.mail_begun and self._provider.settings.mode is Mode.DRIP:
            await drip(self._provider, self.transport, reply + b"\r\n")
        else:
            await super().push(reply)
        if reply.startswith(b"421") and self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        if self._provider.settings.mode is Mode.REFUSE:
            sever(self.transport)  # it was accepted in the very moment in which the port was closed
        refusal = await self._hooks.greeting()
        if refusal is not None:
            await self.push(refusal)
            return
        await super()._handle_client()
