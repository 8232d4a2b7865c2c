"""A way to Redis on which, from one moment on, nothing comes back any more: what a pulled cable looks like from inside.

Connections that are made later work. Loopback only; ends with its test.
"""

import contextlib
import socket
import threading

CHUNK = 65_536


class DeafProxy:
    """Forwards to one address; `deafen` silences every connection there is."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._silent: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def deafen(self) -> int:
        """From now on nothing comes back on the connections there are; returns how many."""
        self._silent = set(self._open)
        return len(self._silent)

    def close(self) -> None:
        """Stop listening and hang up."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._open.add(near)
                threading.Thread(target=self._forward, args=(near, far, None), daemon=True).start()
                threading.Thread(target=self._forward, args=(far, near, near), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, deaf: socket.socket | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if deaf not in self._silent:
                    sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
