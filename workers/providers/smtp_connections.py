"""Connections to one mail server: opened under the call's deadline, kept and used again.

Separate from the mails that go over them. A connection is lent to one thread at a time, and the last one given back is
lent first, so that a thread that sends one mail after another stays on its own.

It must never keep a connection whose state is in doubt: the next mail on it would pay for the last.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from jobs.outcomes import Blame, Retry
from workers import dialling, tls
from workers.deadline import Deadline
from workers.providers.smtp_replies import GOOD, Phase, ReplyError, expect, sort

CONNECT_TIMEOUT_S = 5.0
IDLE_S = 30.0  # a connection unused for longer is not trusted any more
GOODBYE_S = 2.0  # for all connections together, when the worker ends


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over, and how one gets in."""

    host: str
    port: int
    user: str
    secret: str
    tls: bool  # from the start
    starttls: bool


class Connections:
    """The connections to one server. Safe to share between threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: list[tuple[float, smtplib.SMTP]] = []
        self._lock = threading.Lock()

    def kept(self, limit: Deadline) -> smtplib.SMTP | None:
        """One that was used a moment ago. The server may have closed it meanwhile: the next command will tell."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                since, connection = self._idle.pop()
            if time.monotonic() - since < IDLE_S:
                limit.watch(connection.sock)
                return connection
            connection.close()

    def give_back(self, connection: smtplib.SMTP, limit: Deadline) -> None:
        """Keep one that is in good order: no mail is half-way through on it."""
        limit.watch(None)
        if limit.expired:  # it was shut down, or is about to be
            connection.close()
            return
        with self._lock:
            self._idle.append((time.monotonic(), connection))

    def begin_anew(self, connection: smtplib.SMTP, limit: Deadline) -> None:
        """Keep one on which a mail was begun and given up, if the server forgets that mail."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if connection.rset()[0] // 100 == GOOD:
                self.give_back(connection, limit)
                return
        connection.close()

    def close(self) -> None:
        """Say goodbye on every connection that is kept."""
        with self._lock:
            kept, self._idle = self._idle, []
        with Deadline(GOODBYE_S) as limit:
            for _, connection in kept:
                limit.watch(connection.sock)
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    connection.quit()

    def open(self, limit: Deadline) -> smtplib.SMTP:
        """A new one. Raises `ReplyError` where the server refuses, else as `smtplib` and the system do."""
        server = self._server
        connection = _Tls(limit) if server.tls else _Plain(limit)
        try:
            expect(Phase.GREETING, connection.connect(server.host, server.port))
            connection.ehlo_or_helo_if_needed()
            if server.starttls:
                connection.starttls(context=tls.context())
                limit.watch(connection.sock)
                connection.ehlo()
            if server.user:
                self._login(connection)
        except ssl.SSLCertVerificationError:
            connection.close()
            raise ReplyError(Retry("email_certificate_invalid", blame=Blame.OPERATOR)) from None
        except smtplib.SMTPNotSupportedError:
            connection.close()
            raise ReplyError(Retry("email_not_supported", blame=Blame.OPERATOR)) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def _login(self, connection: smtplib.SMTP) -> None:
        try:
            connection.login(self._server.user, self._server.secret)
        except smtplib.SMTPResponseException as error:
            raise ReplyError(sort(Phase.LOGIN, error.smtp_code, _bytes(error.smtp_error))) from None


class _Plain(smtplib.SMTP):
    """Dials under the deadline, which its socket is named to from the start: already the greeting may drip."""

    def __init__(self, limit: Deadline) -> None:
        self._limit = limit
        # Its own name is given, because the library would look it up, and nothing bounds that.
        super().__init__(local_hostname=dialling.own_name(), timeout=CONNECT_TIMEOUT_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # what a certificate is checked for; smtplib learns it only where its constructor connects
        sock = dialling.dial(host, port, timeout)
        sock.settimeout(max(1.0, self._limit.left()))
        self.local_hostname = self.local_hostname or _literal(sock.getsockname()[0])
        return sock


class _Tls(_Plain):
    """The same, over TLS from the start."""

    def __init__(self, limit: Deadline) -> None:
        self._context = tls.context()
        super().__init__(limit)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


def _literal(address: str) -> str:
    """How a machine without a name introduces itself: RFC 5321 section 4.1.3."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode("utf-8", "replace")
