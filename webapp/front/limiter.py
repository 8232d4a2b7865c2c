"""The limits as one web process keeps them: asks the ledger, and lets everybody through where it does not answer in time.

Separate from what a request sees of it (`signup_limits`). Those who come together are judged together. It must never be
the reason that a sign-up fails: whatever goes wrong here is counted, said in the log, and let pass.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic

import psycopg

from config.front_door import SignupLimits
from ledger import limits
from ledger.connection import Connection, hurry
from ledger.limits import Ask, Verdict
from webapp.front.limit_keys import ask_for
from webapp.front.recollection import Recollection
from webapp.intake import GaveUpError, Intake
from webapp.keys import Mac
from webapp.safe_log import without_text

ANSWER_S = 0.25  # for all of it: beyond it no limit is kept. What a sign-up may take altogether begins afterwards
ABREAST = 2  # groups judged at a time; more would only wait for each other where one client sends much
MOST = 64
QUIET_S = 5.0  # between two lines in the log
REMIND_S = 3_600.0  # the same, about a setting: strangers can cause that line

_log = logging.getLogger(__name__)

Sessions = Callable[[float], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the process began. `refused`: 429; muted for the recipient's sake, for the domain's; let through unjudged."""

    judged: int = 0
    refused: int = 0
    muted_for_recipient: int = 0
    muted_for_domain: int = 0
    open_failures: int = 0


_COUNTED = {"client": "refused", "recipient": "muted_for_recipient", "domain": "muted_for_domain"}


@dataclass
class Limiter:
    """`sessions`: hands one out, waiting for it no longer than it is told. `answer_s`: how long a verdict may take."""

    limits: SignupLimits
    key: bytes
    sessions: Sessions
    answer_s: float = ANSWER_S
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: Callable[[], float] = monotonic
    counts: Counts = field(default_factory=Counts, init=False)

    def __post_init__(self) -> None:
        self._intake = Intake(self._judge, abreast=ABREAST, most=MOST)
        self._mac = Mac(self.key)
        self._recollection = Recollection(self.limits.recipient, self.clock)
        self._counting = threading.Lock()
        self._told_at = -QUIET_S
        self._untold = 0
        self._reminded_at = -REMIND_S

    def judge(self, email: str, client: str | None) -> Verdict | None:
        """The verdict, and what the sign-up uses is counted. None: the ledger did not say, and nothing is known to be counted."""
        try:
            verdict = self._intake.put(ask_for(self._mac, email, client), monotonic() + self.answer_s)
        except (psycopg.Error, GaveUpError) as error:
            self._let_through(error)
            return None
        self._count("judged", *([_COUNTED[verdict.beyond]] if verdict.beyond else []))
        return verdict

    def may_write(self, email: str, *, judged: bool) -> bool:
        """Whether the mailbox may be written to as far as this process knows. `judged`: the ledger has said that it may."""
        may = self._recollection.use(self._recipient(email), judged=judged)
        if not may:
            self._count("muted_for_recipient")
        return may

    def take_back(self, email: str) -> None:
        """The mail that `may_write` has noted is not owed after all."""
        self._recollection.give_back(self._recipient(email))

    def give_back(self, email: str) -> None:
        """The mail for which the mailbox and the domain were counted is not owed after all. Best effort."""
        self.take_back(email)
        ask = ask_for(self._mac, email, None)
        kept = ((ask.recipient, self.limits.recipient), (ask.domain, self.limits.domain))
        used = [(key, limit) for key, limit in kept if key is not None]
        try:
            with self.sessions(self.answer_s) as connection:
                hurry(connection, self.answer_s)
                limits.give_back(connection, used)
        except psycopg.Error as error:
            _log.warning(
                "what a failed sign-up had used of its limits could not be given back: %s", without_text(error)
            )

    def suspect_proxy(self) -> None:
        """Somebody was refused who may be a proxy with all visitors behind it: say so, to whoever can set it right."""
        with self._counting:
            if self.clock() - self._reminded_at < REMIND_S:
                return
            self._reminded_at = self.clock()
        _log.warning(
            "sign-ups are refused, and no X-Forwarded-For is believed: is a proxy in front? See TRUSTED_PROXIES"
        )

    def _recipient(self, email: str) -> bytes:
        recipient = ask_for(self._mac, email, None).recipient
        assert recipient is not None
        return recipient

    def _judge(self, asks: Sequence[Ask], ends: float) -> list[Verdict]:
        with self.sessions(_left(ends)) as connection:
            hurry(connection, _left(ends))
            return limits.judge(connection, asks, self.limits, wait_s=max(limits.WAIT_S, self.answer_s / 2))

    def _let_through(self, error: Exception) -> None:
        self._count("open_failures")
        with self._counting:
            self._untold += 1
            if self.clock() - self._told_at < QUIET_S:
                return
            self._told_at, told, self._untold = self.clock(), self._untold, 0
        _log.warning(
            "limits could not be kept: sign-ups let through since last said: %d: %s", told, without_text(error)
        )

    def _count(self, *names: str) -> None:
        with self._counting:
            self.counts = replace(self.counts, **{name: getattr(self.counts, name) + 1 for name in names})


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise GaveUpError
    return left
