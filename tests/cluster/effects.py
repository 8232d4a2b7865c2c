"""What reached the providers, counted where it arrived.

Separate from the sandbox's own client, because only here an effect belongs to a person. It must never ask our side.
"""

from collections.abc import Iterable
from typing import Any

from tests.cluster.desk import Signup
from tests.sandbox_process import SandboxProcess

PROVIDERS = ("listmonk", "smtp")


class Providers:
    """The sandbox's listmonk and SMTP server."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    @property
    def environment(self) -> dict[str, str]:
        """Where a worker finds them, and what it signs the links in mails with."""
        return {
            "SECRET_KEY": "a key for the length of one test",
            "NEWSLETTER_DSN": f"listmonk+http://usher:secret@127.0.0.1:{self.sandbox.http_port}/?list=1",
            "EMAIL_DSN": f"smtp://127.0.0.1:{self.sandbox.smtp_port}/?from=Usher <hello@example.org>",
        }

    def mend(self, *names: str) -> None:
        """Let those named, or both, do what is asked of them."""
        for name in names or PROVIDERS:
            self.sandbox.set_mode(name, "ok")

    def break_(self, mode: str, *names: str, **settings: Any) -> None:
        """Let those named, or both, behave in this way."""
        for name in names or PROVIDERS:
            self.sandbox.set_mode(name, mode, **settings)

    def created(self, who: Signup) -> int:
        """How often the person was made a subscriber."""
        entries = self.sandbox.journal("listmonk")
        return sum(one["effect"] == "subscriber.created" and one["key"] == who.address for one in entries)

    def mails(self, who: Signup) -> int:
        """How many mails the person has got."""
        return sum(who.address in one["to"] for one in self.sandbox.journal("smtp", brief=True))

    def each_once(self, people: Iterable[Signup]) -> bool:
        """Whether everybody is on the list once and has one mail."""
        return all((self.created(one), self.mails(one)) == (1, 1) for one in people)
