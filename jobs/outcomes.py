"""What an outside call came to: six outcomes, and no seventh.

A provider's adapter sorts every answer into one of these; `jobs.retry` turns it into one move. Nothing else decides.

    Outcome
    ├── Accepted     done
    ├── Already      it was done before
    ├── Suppressed   this person must not be written to
    ├── Rejected     will never work for this job
    ├── Retry        certainly not processed
    └── Unknown      bytes were sent, no answer came

Codes are stable words of ours (`provider_unavailable`, `address_rejected`), shared by the API, the command line and the
log. A provider's free text is never carried along: it quotes addresses.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Blame(StrEnum):
    """Whose fault a `Retry` is. Only a refusal of the provider's, for all or for one, spends budget."""

    PROVIDER = "provider"  # it is down, it failed, it dropped the connection
    RECIPIENT = "recipient"  # it works, and cannot serve this one person now: a full mailbox, a grey list
    EITHER = "either"  # it refused what was for this one person, and does not say whether because of them or of us
    LIMIT = "limit"  # it told us to slow down
    OPERATOR = "operator"  # our credentials, our list, our sender: no job can succeed until a person acts
    OURS = "ours"  # we stopped on our own accord, before anything was sent


@dataclass(frozen=True, slots=True)
class Accepted:
    """Done; `provider_id` is the provider's own name for it."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Already:
    """It was done before."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """This person must not be written to: they left, were blocked, or their mailbox does not exist."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never work for this job."""

    code: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Certainly not processed. `after`: seconds the provider asked us to wait, from its `Retry-After`."""

    code: str
    after: float | None = None
    blame: Blame = Blame.PROVIDER


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes were sent and no answer came."""

    code: str


Outcome: TypeAlias = Accepted | Already | Suppressed | Rejected | Retry | Unknown
