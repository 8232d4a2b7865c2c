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
    """Somebody signed up, and nothing has to be confirmed first."""

    NAME: ClassVar[str] = "signup.completed"
    locale: str | None = None  # BCP 47
