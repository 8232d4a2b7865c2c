"""Waking relays: a debounced NOTIFY, after the commit and never inside it.

NOTIFY in a transaction serialises commits, so the sign-up's own transaction does not carry one. A lost wake-up costs
a quarter of a second at most, since relays poll as well: so every failure here is swallowed on purpose.
"""

import contextlib
import threading

import psycopg

from ledger.connection import Connection, session

CHANNEL = "usher_due"
DEBOUNCE_S = 0.004  # at most one NOTIFY in so long, however many sign-ups arrive
REST_S = 1.0  # after a failure


class Bell:
    """Rings for the relays from a thread of its own. One for each web process; started by its first use.

    A thread does not survive a fork: the first `ring` after one starts another.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Say that something is due. Returns at once and never fails."""
        self._rung.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._ringer, name="usher-bell", daemon=True)
                    self._thread.start()

    def _ringer(self) -> None:
        pause = threading.Event()
        connection: Connection | None = None
        while self._rung.wait():
            self._rung.clear()
            try:
                if connection is None or connection.closed:
                    connection = session(self._url, name="usher-bell")
                connection.execute(f"NOTIFY {CHANNEL}")
                pause.wait(DEBOUNCE_S)
            except psycopg.Error:
                with contextlib.suppress(psycopg.Error):
                    if connection is not None:
                        connection.close()
                connection = None
                pause.wait(REST_S)


class Ear:
    """Hears the bell: the relay's side, on a session of its own."""

    def __init__(self, url: str) -> None:
        self._connection = session(url, name="usher-relay-ear")
        self._connection.execute(f"LISTEN {CHANNEL}")

    def wait(self, timeout: float) -> bool:
        """Block until the bell rings or `timeout` seconds have passed; True where it rang. Raises `psycopg.Error`."""
        return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()
