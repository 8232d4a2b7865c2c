"""What can happen. A fact is stated once, by a door; kinds of job are bound to it, and it never learns by whom.

So another listener is another file in `jobs/kinds`, and the sign-up does not change.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """Base of all facts: a name, and what a listener's payload may be made of. No names and no addresses."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    NAME: ClassVar[str]


class SignupCompleted(Fact):
    """Somebody signed up, and nothing has to be confirmed (any more)."""

    NAME: ClassVar[str] = "signup.completed"
    locale: str | None = None  # BCP 47
    proven: bool = False  # by a link that only they can have


class ConfirmationAsked(Fact):
    """Somebody was signed up who has to confirm it first."""

    NAME: ClassVar[str] = "signup.confirmation_asked"


class NewsletterWanted(Fact):
    """Somebody who had turned the newsletter off wants it again, and said so by a link of their own."""

    NAME: ClassVar[str] = "newsletter.wanted"
    proven: bool = True


class NewsletterUnwanted(Fact):
    """Somebody does not want the newsletter any more: it alone, or because they left altogether."""

    NAME: ClassVar[str] = "newsletter.unwanted"


class LinkWanted(Fact):
    """Somebody wants a fresh link to their preferences, and asked for it by a link in a mail of ours, however old."""

    NAME: ClassVar[str] = "person.link_wanted"


class ErasureAsked(Fact):
    """Somebody wants everything about them erased. The one fact with an address: whoever answers it has nowhere else to look."""

    NAME: ClassVar[str] = "person.erasure_asked"
    address: str
