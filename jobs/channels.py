"""What a job may ask of the outside world: one protocol for each channel. The adapters are in `workers/providers`.

A job is handed the provider it needs, so that this package imports no HTTP, no SMTP and no settings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.kind import Recipient
from jobs.outcomes import Outcome


class Newsletter(Protocol):
    """A list of people who want to hear from us."""

    def subscribe(self, person: Recipient) -> Outcome:
        """Put the person on the list, whatever it takes, unless they left it or were blocked."""
        ...

    def subscribe_many(self, people: Sequence[Recipient]) -> Sequence[Outcome]:
        """The same for many in one call, where the provider has one: an outcome for each, in the order of the people."""
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


class Email(Protocol):
    """A way to send mail."""

    def send(self, letter: Letter) -> Outcome:
        """Hand the mail to the mail server."""
        ...
