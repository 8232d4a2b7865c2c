"""What a job may ask of the outside world: one protocol for each channel. The adapters are in `workers/providers`.

A job is handed the provider it needs, so that this package imports no HTTP, no SMTP and no settings.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.kind import Recipient
from jobs.outcomes import Outcome


class Newsletter(Protocol):
    """A list of people who want to hear from us."""

    def subscribe(self, person: Recipient, *, proven: bool = False) -> Outcome:
        """Put the person on the list, whatever it takes, unless they left it or were blocked.

        `proven`: they asked for it themselves, by a link that only they can have; whoever left is put back then.
        """
        ...

    def subscribe_many(self, people: Sequence[Recipient], *, proven: Collection[Recipient] = ()) -> Sequence[Outcome]:
        """The same for many in one call, where the provider has one: an outcome for each, in the order of the people.

        `proven`: those of them who asked for it themselves. All of it ends within the kind's time limit, and at the first
        failure that is not about one person; whoever was not reached by then is handed back.
        """
        ...

    def unsubscribe(self, person: Recipient) -> Outcome:
        """Take the person off the list. Whoever is not on it stays so; nobody is ever added."""
        ...

    def erase(self, person: Recipient) -> Outcome:
        """Have the provider forget that it has ever known the person."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person."""

    job_id: UUID  # names the mail: the same Message-ID for every attempt
    to: str
    subject: str
    text: str
    html: str
    no_return: Callable[[], bool]  # see `jobs.kind.Job`
    unsubscribe: str | None = None  # where one click is enough to leave (RFC 8058)


class Email(Protocol):
    """A way to send mail."""

    def send(self, letter: Letter) -> Outcome:
        """Hand the mail to the mail server."""
        ...
