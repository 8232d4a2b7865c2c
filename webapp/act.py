"""How somebody signed up: through which door, from where, and what stood beside the button. The consent record.

Separate from what they asked for (`webapp.signup_request`), which they typed themselves.
"""

from dataclasses import dataclass
from typing import Literal

Door = Literal["form", "embedded", "api", "preferences"]


@dataclass(frozen=True, slots=True)
class Act:
    """`shown`: the words beside the button, None where a program signed somebody up. `client`: an IP address.

    `muted`: a brake is on, so what is owed has no effect at any mailbox.
    """

    door: Door
    shown: str | None = None
    origin: str | None = None
    client: str | None = None
    muted: bool = False
