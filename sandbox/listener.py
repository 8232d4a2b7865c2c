"""Ports: how the sandbox takes one, and a listener that can stop listening without losing it.

Separate, because "connection refused" needs a port on which nobody listens while nobody else may take it. It must never
give a port away for good.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

BACKLOG = 1024


class TakenPortError(Exception):
    """The port cannot be listened on; the text says why."""


def bound(host: str, port: int) -> socket.socket:
    """A TCP socket bound to the address but not listening; port 0 picks one. Raises TakenPortError."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, proto)
    except OSError as error:
        raise TakenPortError(str(error)) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.settimeout(0)  # asyncio takes no socket that blocks
    except OSError as error:
        sock.close()
        raise TakenPortError(error.strerror or str(error)) from error
    return sock


def port_of(sock: socket.socket) -> int:
    """The port that a bound socket has."""
    return int(sock.getsockname()[1])


class Listener:
    """A listening port that `close` shuts, so that connecting is refused, and `open` opens again."""

    def __init__(self, host: str, port: int, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._host, self.port, self._protocol = host, port, protocol
        self._server: asyncio.Server | None = None
        self._reservation: socket.socket | None = None

    async def open(self) -> None:
        """Listen; nothing if it does already. Raises TakenPortError."""
        if self._server is not None:
            return
        sock = bound(self._host, self.port)
        self.port = port_of(sock)
        self._reserve()
        try:
            self._server = await asyncio.get_running_loop().create_server(self._protocol, sock=sock, backlog=BACKLOG)
        except OSError as error:
            # Two may bind one address as long as neither listens, so a taken port can show as late as here.
            sock.close()
            raise TakenPortError(error.strerror or str(error)) from error

    def close(self) -> None:
        """Refuse connections from now on, but keep the port."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def give_up(self) -> None:
        """Close, and let go of the port as well."""
        self.close()
        if self._reservation is not None:
            self._reservation.close()
            self._reservation = None

    def _reserve(self) -> None:
        # Bound beside the listener and never listening: it answers nobody, but the system hands the port to nobody else
        # while the listener is closed. Where a system forbids the second bind (BSD, macOS), the risk is taken.
        if self._reservation is None:
            with contextlib.suppress(TakenPortError):
                self._reservation = bound(self._host, self.port)
