"""SMTP: mail. DSN: `smtp://user:password@host:587/?starttls=1&from=Usher <hello@example.org>`, `smtps://` for TLS from the start.

SMTP cannot tell whether a mail was taken when the answer to the final dot is lost, so that loss is `Unknown`; everything
before the dot is certainly not processed. Connections are kept and reused, one for each thread that is sending.
"""

import contextlib
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr

from jobs.channels import Letter
from jobs.outcomes import Accepted, Blame, Outcome, Rejected, Retry, Unknown
from workers import tls
from workers.deadline import Deadline
from workers.providers.dsn import BadDsnError, Dsn
from workers.providers.mail import compose
from workers.providers.smtp_replies import Phase, queue_id, sort

CONNECT_TIMEOUT_S = 5.0
TOTAL_S = 25.0  # for one mail, connecting included; within the kind's time_limit
IDLE_S = 30.0  # a connection unused for longer is not trusted any more
GOODBYE_S = 2.0  # for all connections together, when the worker ends
DATA_GOES = 354


class _ReplyError(Exception):
    """The server refused; the outcome says how."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Smtp:
    """`jobs.channels.Email` over SMTP."""

    repeatable = False

    def __init__(self, dsn: Dsn) -> None:
        dsn.only("starttls", "from")
        if not dsn.host:
            raise BadDsnError("names no host")
        if bool(dsn.user) != bool(dsn.secret):
            raise BadDsnError("has a user without a password, or the reverse")
        self._sender = _sender(dsn.option("from"))
        self._dsn = dsn
        self._tls = dsn.scheme == "smtps"
        self._starttls = dsn.options.get("starttls", "0") not in {"0", "false", "no", ""}
        self._port = dsn.port or (465 if self._tls else 587)
        self._idle: list[tuple[float, smtplib.SMTP]] = []
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> Outcome:
        """Hand one mail over, on a connection that is open already where there is one."""
        try:
            message = compose(letter, self._sender)
        except (ValueError, MessageError):
            return Rejected("email_address_rejected")
        with Deadline(TOTAL_S) as limit:
            try:
                with self._connection(limit) as connection:
                    return self._transact(connection, letter, message, limit)
            except _ReplyError as refused:
                return Retry("email_timeout") if limit.expired else refused.outcome  # it may have been cut short
            except (OSError, smtplib.SMTPException):
                return Retry("email_timeout" if limit.expired else "email_unreachable")

    def close(self) -> None:
        """Say goodbye on every connection that is kept."""
        with self._lock:
            kept, self._idle = self._idle, []
        with Deadline(GOODBYE_S) as limit:
            for _, connection in kept:
                limit.watch(connection.sock)
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    connection.quit()

    def _transact(self, connection: smtplib.SMTP, letter: Letter, message: bytes, limit: Deadline) -> Outcome:
        options = ["body=8bitmime"] if connection.has_extn("8bitmime") else []
        self._expect(Phase.SENDER, connection.mail(self._sender.addr_spec, options))
        self._expect(Phase.RECIPIENT, connection.rcpt(letter.to))
        if not letter.no_return():
            return Retry("fenced_off", blame=Blame.OURS)
        code, reply = connection.docmd("DATA")
        if code != DATA_GOES:
            raise _ReplyError(sort(Phase.DATA, code, reply))
        connection.send(message + b".\r\n")  # an error here: the final dot was not sent, so nothing was taken
        try:
            code, reply = connection.getreply()
        except (OSError, smtplib.SMTPException):
            return Unknown("email_timeout_after_data" if limit.expired else "email_connection_lost_after_data")
        match code // 100:
            case 2:
                return Accepted(queue_id(reply))
            case 4 | 5:
                return sort(Phase.DATA, code, reply)
            case _:  # half a reply, or none that SMTP knows: the mail is gone, and whether it was taken nobody said
                return Unknown("email_unexpected_answer_after_data")

    def _expect(self, phase: Phase, answer: tuple[int, bytes]) -> None:
        code, reply = answer
        if code // 100 != 2:  # noqa: PLR2004  # 2yz: RFC 5321 section 4.2.1
            raise _ReplyError(sort(phase, code, reply))

    @contextlib.contextmanager
    def _connection(self, limit: Deadline) -> Iterator[smtplib.SMTP]:
        """A connection for one transaction. It goes back to be reused only if it is known to be in good order."""
        connection = self._reuse(limit) or self._open(limit)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if limit.expired or not self._reset(connection):
            connection.close()
            return
        limit.watch(None)
        with self._lock:
            self._idle.append((time.monotonic(), connection))

    def _reuse(self, limit: Deadline) -> smtplib.SMTP | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                since, connection = self._idle.pop()
            limit.watch(connection.sock)
            if time.monotonic() - since < IDLE_S and self._reset(connection):
                return connection
            connection.close()

    @staticmethod
    def _reset(connection: smtplib.SMTP) -> bool:
        """RSET: also how a connection that the server has closed meanwhile is found out before it matters."""
        try:
            return connection.rset()[0] == 250  # noqa: PLR2004  # RFC 5321 section 4.1.1.5
        except (OSError, smtplib.SMTPException):
            return False

    def _open(self, limit: Deadline) -> smtplib.SMTP:
        connection = _Watched(limit, context=tls.context()) if self._tls else _WatchedPlain(limit)
        try:
            self._expect(Phase.GREETING, connection.connect(self._dsn.host, self._port))
            connection.ehlo_or_helo_if_needed()
            if self._starttls:
                connection.starttls(context=tls.context())
                limit.watch(connection.sock)
                connection.ehlo()
            if self._dsn.user:
                self._login(connection)
        except ssl.SSLCertVerificationError:
            connection.close()
            raise _ReplyError(Retry("email_certificate_invalid", blame=Blame.OPERATOR)) from None
        except smtplib.SMTPNotSupportedError:
            connection.close()
            raise _ReplyError(Retry("email_not_supported", blame=Blame.OPERATOR)) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def _login(self, connection: smtplib.SMTP) -> None:
        try:
            connection.login(self._dsn.user, self._dsn.secret)
        except smtplib.SMTPResponseException as error:
            raise _ReplyError(sort(Phase.LOGIN, error.smtp_code, _bytes(error.smtp_error))) from None


class _WatchedPlain(smtplib.SMTP):
    """Names its socket to the deadline as soon as there is one: already the greeting may drip."""

    def __init__(self, limit: Deadline) -> None:
        self._limit = limit
        super().__init__(timeout=CONNECT_TIMEOUT_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:
        self._host = host  # what a certificate is checked for; smtplib learns it only where its constructor connects
        sock = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # the one hook smtplib has
        sock.settimeout(max(1.0, self._limit.left()))
        self._limit.watch(sock)
        return sock  # type: ignore[no-any-return]


class _Watched(_WatchedPlain, smtplib.SMTP_SSL):
    """The same, over TLS from the start."""

    def __init__(self, limit: Deadline, *, context: ssl.SSLContext) -> None:
        self._limit = limit
        smtplib.SMTP_SSL.__init__(self, timeout=CONNECT_TIMEOUT_S, context=context)


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode("utf-8", "replace")


def _sender(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        sender = Address(display_name=name, addr_spec=address)
    except (ValueError, MessageError):
        raise BadDsnError("has a from= that is not an address") from None
    if not sender.username or not sender.domain or not sender.addr_spec.isascii():
        raise BadDsnError("has a from= that is not an address")
    return sender


ADAPTERS = {"smtp": Smtp, "smtps": Smtp}
