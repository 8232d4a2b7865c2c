"""The unkind things that can be done to a TCP connection.

Separate, because HTTP and SMTP do the same ones. It must never decide whether to do them.
"""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sandbox.provider import Provider

BYTES_A_SECOND = 1


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Break the connection so that the other end sees a reset and not an orderly end."""
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        return
    sock = transport.get_extra_info("socket")
    # Lingering for zero seconds, because only then the kernel sends RST instead of FIN.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def sever(transport: asyncio.BaseTransport | None) -> NoReturn:
    """Reset the connection and end the task that was to answer on it, without an answer."""
    reset(transport)
    raise asyncio.CancelledError


async def drip(provider: "Provider", transport: asyncio.BaseTransport | None, data: bytes) -> None:
    """Send `data` a byte a second; once the provider's settings change, the rest follows at once."""
    if not isinstance(transport, asyncio.Transport):
        return
    for i in range(len(data)):
        if transport.is_closing():
            return
        transport.write(data[i : i + 1])
        if await provider.pause(1 / BYTES_A_SECOND):
            transport.write(data[i + 1 :])
            return
