"""An SMTP server that accepts any mail for anybody and keeps it.

Separate, because it is one provider. Its replies are a Postfix's where the mode or the recipient's name does not ask
for another; it must never send a mail on.
"""

import asyncio
import re
import secrets

from aiosmtpd.smtp import MISSING, Envelope, Session

from sandbox.explanations import SMTP_EFFECTS
from sandbox.journal import Entry
from sandbox.listener import Listener
from sandbox.mail import Mail, summary
from sandbox.modes import Mode
from sandbox.provider import Provider
from sandbox.settings import Settings
from sandbox.smtp_session import SmtpSession
from sandbox.wire import sever

CLOSING = "421 4.3.2 sandbox.example Service not available, closing transmission channel"
BAD_CREDENTIALS = "535 5.7.8 Error: authentication failed"
NO_CREDENTIALS = "530 5.7.0 Authentication required"
WRITE_ERROR = "451 4.3.0 Error: queue file write error"

_REPLY_WANTED = re.compile(r"reply-([2-5]\d\d)(?:-([245]\.\d{1,3}\.\d{1,3}))?", re.IGNORECASE)


class Smtp(Provider):
    """One SMTP server with a port of its own."""

    name = "smtp"
    title = "SMTP"
    about = "E-mail: a server that accepts every message and delivers none."
    effects_of = SMTP_EFFECTS

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._changing = asyncio.Lock()  # because opening the port takes a moment in which it could be told to close
        self.listener = Listener(host, port, lambda: SmtpSession(self, _Replies(self)))

    def line(self, entry: Entry) -> tuple[str, str]:
        """The recipients and the subject."""
        to = entry.details["to"]
        return ", ".join(map(str, to)) if isinstance(to, list) else "", str(entry.details["subject"])

    async def start(self) -> None:
        """Listen. Raises TakenPortError."""
        await self.listener.open()

    async def stop(self) -> None:
        """Let go of the port and of everybody."""
        self.listener.give_up()
        await super().stop()

    async def apply(self, settings: Settings) -> None:
        """As every provider, but refusing means that nobody listens. Raises TakenPortError."""
        async with self._changing:
            if settings.mode is Mode.REFUSE:
                self.listener.close()
            else:
                await self.listener.open()
            await super().apply(settings)


class _Replies:
    """What a session answers, by the mode of the moment. aiosmtpd calls these by their names and awaits a reply."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def greeting(self) -> str | None:
        if self._mode is not Mode.DOWN:
            return None
        self._provider.requests += 1
        return await self._late(CLOSING)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SmtpSession, session: Session, _envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [CLOSING] if self._mode is Mode.DOWN else replies

    async def handle_AUTH(self, *_: object) -> object:  # noqa: N802 - aiosmtpd's name
        if self._mode is Mode.UNAUTHORIZED:
            self._provider.requests += 1
            return await self._late(BAD_CREDENTIALS)
        return self._unless_down()

    async def handle_NOOP(self, *_: object) -> object:  # noqa: N802 - aiosmtpd's name
        return self._unless_down()

    async def handle_RSET(self, *_: object) -> object:  # noqa: N802 - aiosmtpd's name
        return self._unless_down()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SmtpSession, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._provider.requests += 1
        server.mail_begun = True
        match self._mode:
            case Mode.DOWN:
                return await self._late(CLOSING)
            case Mode.UNAUTHORIZED:
                return await self._late(NO_CREDENTIALS)
            case Mode.HANG:
                await self._provider.changed()
                sever(server.transport)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SmtpSession, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match self._provider.behaviour():
            case Mode.DOWN:
                return await self._late(CLOSING)
            case Mode.ERROR:
                return await self._late(WRITE_ERROR)
            case Mode.RATE_LIMITED:
                return await self._late(f"450 4.7.1 <{address}>: Recipient address rejected: too many messages")
        reply = wanted_reply(address) or "250 2.1.5 Ok"
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(self, server: SmtpSession, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode = self._mode
        if mode is Mode.DOWN:
            return await self._late(CLOSING)
        mail, queue_id = Mail(envelope.original_content or b""), secrets.token_hex(6).upper()
        head = mail.head()
        details = summary(head, envelope.rcpt_tos, envelope.mail_from or "", queue_id)
        self._provider.journal.append("mail.accepted", str(head.get("Message-ID", "")).strip(), mail, **details)
        accepted = await self._late(f"250 2.0.0 Ok: queued as {queue_id}")
        if mode is Mode.COMMIT_THEN_DROP:
            sever(server.transport)
        return accepted

    @property
    def _mode(self) -> Mode:
        return self._provider.settings.mode

    def _unless_down(self) -> object:
        return CLOSING if self._mode is Mode.DOWN else MISSING

    async def _late(self, reply: str) -> str:
        """The latency of a mail is spent once: before whichever reply decides about it."""
        await self._provider.pause()
        return reply


def wanted_reply(address: str) -> str | None:
    """The reply that a recipient `reply-550-5.1.1@...` or `reply-450@...` asks for by its name; else None."""
    wanted = _REPLY_WANTED.fullmatch(address.rpartition("@")[0])
    if wanted is None:
        return None
    code = " ".join(part for part in wanted.groups() if part)
    return f"{code} <{address}>: as the recipient's name asks"
