"""A server's end of TLS, for servers that are rude enough to speak it."""

import socket
import ssl
from pathlib import Path

from tests.integration.workers.rude_server import Talk


def behind_tls(certificate: Path, talk: Talk) -> Talk:
    """Shake hands with this certificate and its key, then have `talk` speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as inside:
            talk(inside)

    return serve
