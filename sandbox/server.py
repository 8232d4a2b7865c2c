"""The sandbox as one thing that starts and stops: its providers, its control interface and its page on their ports.

Separate from the command line, which only reads options. A new provider is one more line in `Sandbox.__init__`.
"""

from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.control import Control
from sandbox.listener import BACKLOG, TakenPortError, bound, port_of
from sandbox.listmonk import Listmonk
from sandbox.mailchimp import Mailchimp
from sandbox.page import Page
from sandbox.smtp import Smtp

if TYPE_CHECKING:
    from sandbox.provider import Provider

LARGEST_BODY = 16 * 1024 * 1024  # a bulk call carries thousands of ids
GRACE_S = 0.2  # whoever still waits for an answer then is cut off: a stop takes less than a second


class Sandbox:
    """Every provider, on one HTTP port and one SMTP port; port 0 picks a free one."""

    def __init__(self, host: str, port: int, smtp_port: int, base_url: str = "") -> None:
        self._host, self._port, self._base_url = host, port, base_url
        self._smtp = Smtp(host, smtp_port)
        self.providers: dict[str, Provider] = {p.name: p for p in (Listmonk(), self._smtp, Mailchimp())}
        self._runner: web.AppRunner | None = None

    @property
    def http_port(self) -> int:
        """The port of the HTTP providers, the control interface and the page."""
        return self._port

    @property
    def smtp_port(self) -> int:
        """The port of the SMTP server."""
        return self._smtp.listener.port

    async def open_http(self) -> None:
        """Answer HTTP. Raises TakenPortError."""
        sock = bound(self._host, self._port)
        # handler_cancellation, because a client that goes must end the request that hangs for it.
        self._runner = web.AppRunner(self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=GRACE_S)
        await self._runner.setup()
        try:
            await web.SockSite(self._runner, sock, backlog=BACKLOG).start()
        except OSError as error:
            sock.close()
            raise TakenPortError(error.strerror or str(error)) from error
        self._port = port_of(sock)

    async def open_providers(self) -> None:
        """Open the ports that providers have of their own. Raises TakenPortError."""
        for provider in self.providers.values():
            await provider.start()

    async def close(self) -> None:
        """Let go of every port and every caller."""
        for provider in self.providers.values():
            await provider.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        for provider in self.providers.values():
            app.add_routes(provider.routes())
        app.add_routes(Control(self.providers).routes())
        app.add_routes(Page(self.providers, self._base_url).routes())
        return app
