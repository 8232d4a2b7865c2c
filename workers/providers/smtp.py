"""SMTP: mails. DSN: `smtp://user:password@host:587/?starttls=1&from=Usher <hello@example.org>`, `smtps://` for TLS from the start.

SMTP cannot tell whether a mail was taken when the answer to the final dot is lost, so that loss is `Unknown`; everything
before the dot is certainly not processed. Connections are kept and reused, one for each thread that is sending.
"""

import contextlib
import smtplib
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr

from jobs.channels import Letter
from jobs.outcomes import Accepted, Blame, Outcome, Rejected, Retry, Unknown
from workers.deadline import Deadline
from workers.providers.dsn import BadDsnError, Dsn
from workers.providers.mail import can_be_written_to, compose
from workers.providers.smtp_connections import Connections, Server
from workers.providers.smtp_replies import GOOD, Phase, ReplyError, expect, is_usable_after, queue_id, sort

TOTAL_S = 25.0  # for one mail, connecting included; within the kind's time_limit
DATA_GOES = 354

Answer = tuple[int, bytes]


class Smtp:
    """`jobs.channels.Email` over SMTP."""

    repeatable = False
    bulk = 1  # a mail is its own transaction; what many have in common is the connection

    def __init__(self, dsn: Dsn) -> None:
        dsn.only("starttls", "from", "connections")
        if not dsn.host:
            raise BadDsnError("names no host")
        if bool(dsn.user) != bool(dsn.secret):
            raise BadDsnError("has a user without a password, or the reverse")
        self._sender = _sender(dsn.option("from"))
        self._mail_from = f"MAIL FROM:<{self._sender.addr_spec}>"
        self.connections = dsn.connections()
        starttls = dsn.options.get("starttls", "0") not in {"0", "false", "no", ""}
        tls = dsn.scheme == "smtps"
        port = dsn.port or (465 if tls else 587)
        self._connections = Connections(Server(dsn.host, port, dsn.user, dsn.secret, tls=tls, starttls=starttls))

    def send(self, letter: Letter) -> Outcome:
        """Hand one mail over, on a connection that is open already where there is one."""
        try:
            message = compose(letter, self._sender)
        except (ValueError, MessageError):
            return Rejected("email_not_writable" if can_be_written_to(letter.to) else "email_address_rejected")
        with Deadline(TOTAL_S) as limit:
            try:
                return self._send(letter, message, limit)
            except ReplyError as refused:
                return Retry("email_timeout") if limit.expired else refused.outcome  # it may have been cut short
            except (OSError, smtplib.SMTPException):
                return Retry("email_timeout" if limit.expired else "email_unreachable")

    def close(self) -> None:
        """Say goodbye on every connection that is kept."""
        self._connections.close()

    def _send(self, letter: Letter, message: bytes, limit: Deadline) -> Outcome:
        connection, answers = self._begin(letter.to, limit)
        try:
            for phase, answer in zip((Phase.SENDER, Phase.RECIPIENT), answers, strict=False):
                expect(phase, answer)
            outcome, is_in_order = self._hand_over(connection, letter, message, limit)
        except ReplyError as refused:
            if refused.usable:
                self._connections.begin_anew(connection, limit)
            else:
                connection.close()
            raise
        except BaseException:
            connection.close()
            raise
        if is_in_order:
            self._connections.give_back(connection, limit)
        else:
            connection.close()
        return outcome

    def _begin(self, to: str, limit: Deadline) -> tuple[smtplib.SMTP, list[Answer]]:
        """A connection, and what the server says of the sender and the recipient.

        One that was kept may have been closed meanwhile, have lost its login, or lead to the one full server of several.
        That shows here, before anything can have been processed, and a new one takes its place.
        """
        kept = self._connections.kept(limit)
        if kept is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                answers = self._envelope(kept, to)
                if answers[0][0] // 100 == GOOD:
                    return kept, answers
            kept.close()
        connection = self._connections.open(limit)
        try:
            return connection, self._envelope(connection, to)
        except BaseException:
            connection.close()
            raise

    def _envelope(self, connection: smtplib.SMTP, to: str) -> list[Answer]:
        """MAIL and RCPT, in one packet where the server lets us (RFC 2920); without the second where the first failed."""
        if connection.has_extn("pipelining"):
            connection.send(f"{self._mail_from}\r\nRCPT TO:<{to}>\r\n")
            return [connection.getreply(), connection.getreply()]
        first = connection.docmd(self._mail_from)
        return [first, connection.docmd(f"RCPT TO:<{to}>")] if first[0] // 100 == GOOD else [first]

    def _hand_over(
        self, connection: smtplib.SMTP, letter: Letter, message: bytes, limit: Deadline
    ) -> tuple[Outcome, bool]:
        """What became of the mail, and whether the connection is in order afterwards: it is, once the dot is answered."""
        if not letter.no_return():
            raise ReplyError(Retry("fenced_off", blame=Blame.OURS), usable=True)
        code, reply = connection.docmd("DATA")
        if code != DATA_GOES:
            raise ReplyError(sort(Phase.DATA, code, reply), usable=is_usable_after(Phase.DATA, code))
        connection.send(message + b".\r\n")  # an error here: the final dot was not sent, so nothing was taken
        try:
            code, reply = connection.getreply()
        except (OSError, smtplib.SMTPException):
            return Unknown("email_timeout_after_data" if limit.expired else "email_connection_lost_after_data"), False
        match code // 100:
            case 2:
                return Accepted(queue_id(reply)), True
            case 4 | 5:
                return sort(Phase.DATA, code, reply), is_usable_after(Phase.DATA, code)
            case _:  # half a reply, or none that SMTP knows: the mail is gone, and whether it was taken nobody said
                return Unknown("email_unexpected_answer_after_data"), False


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
