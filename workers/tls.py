"""TLS to providers: certificates are checked, and the handshake is under the call's deadline like everything else.

Separate, because HTTP and SMTP both need it. A handshake takes place before a library hands its socket out, so the socket
names itself to the deadline as it begins.
"""

import ssl

from workers import deadline


class _WatchedSocket(ssl.SSLSocket):
    """Names itself to the deadline the thread is under before it shakes hands."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  # the standard library's own signature
        if (limit := deadline.current()) is not None:
            limit.watch(self)
        super().do_handshake(block)


def context() -> ssl.SSLContext:
    """A client's context that trusts what the system trusts."""
    made = ssl.create_default_context()
    made.sslsocket_class = _WatchedSocket
    return made
