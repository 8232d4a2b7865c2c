"""What a kind of job is: a name, a queue, the fact it answers, a payload, a policy, and what it does.

Declared once, free of Celery, where both doors can see it: the web validates the payload and copies queue and policy
onto the row when the job is owed; the workers bind the name to a Celery task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from jobs.facts import Fact
from jobs.links import PersonalLinks
from jobs.outcomes import Outcome
from jobs.policy import Policy


class Payload(BaseModel):
    """Base of all payloads: what a job is told, taken by name from the fact it answers. Frozen; unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Nothing(Payload):
    """The payload of a kind that needs no more than the person."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The person a job is for, as they are now. Never logged."""

    address: str
    name: str | None
    locale: str | None


P = TypeVar("P", bound=Payload)
Provider = TypeVar("Provider")


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """One claimed job, as its kind's function sees it."""

    id: UUID  # also the idempotency key: the same for every attempt and every replay
    payload: P
    recipient: Recipient
    in_doubt: bool  # an earlier attempt may have had the effect
    no_return: Callable[[], bool]  # to be called right before the effect; False: not ours any more, stop
    links: PersonalLinks  # what may stand in a mail to this person


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A declaration. `deliver(provider, job)` makes the one outside call and returns its outcome.

    `deliver_all(provider, jobs)` does it for many in one call, where the provider has such a call: an outcome for each, in
    the order of the jobs.
    """

    name: str
    on: tuple[type[Fact], ...]
    queue: str
    provider: str
    payload: type[Payload]
    once: bool
    writes: bool
    despite_leaving: bool
    despite_erasure: bool
    policy: Policy
    deliver: Callable[[Any, Job[Any]], Outcome]
    batch: int
    deliver_all: Callable[[Any, Sequence[Job[Any]]], Sequence[Outcome]] | None


LARGEST_BATCH = 1_000


def kind(
    name: str,
    *,
    on: type[Fact] | tuple[type[Fact], ...],
    queue: str,
    provider: str | None = None,
    payload: type[P] = Nothing,  # type: ignore[assignment]  # the default of a TypeVar needs Python 3.13
    once: bool = False,
    writes: bool = False,
    despite_leaving: bool = False,
    despite_erasure: bool = False,
    batch: int = 1,
    in_bulk: Callable[[Provider, Sequence[Job[P]]], Sequence[Outcome]] | None = None,
    **options: Any,
) -> Callable[[Callable[[Provider, Job[P]], Outcome]], Kind]:
    """Declare a kind of job over the function that carries one out.

    `queue`: which pool does it; `provider`: who is called, the queue's own unless given. `once`: at most one such
    effect for one person, ever. `writes`: it puts something into the person's mailbox or pocket, and is muted where they have been
    written to enough. `despite_leaving`: it is done for people who left or do not want this queue's jobs, too; `despite_erasure`: even for
    those who are being forgotten, of whom it knows what it needs from its payload alone. `batch`: the most jobs that travel in one message under a backlog. `in_bulk`: how to do many in
    one call, at a provider that has such a call. `options`: those of `jobs.policy.Policy`, under Celery's names.
    Raises `TypeError` for an option that does not exist and `ValueError` for a value that cannot be meant.
    """
    policy = Policy(**options)
    if type(batch) is not int or not 1 <= batch <= LARGEST_BATCH:
        raise ValueError(f"the batch of {name} must be a whole number from 1 to {LARGEST_BATCH}, not {batch!r}")

    def declare(deliver: Callable[[Provider, Job[P]], Outcome]) -> Kind:
        return Kind(
            name=name,
            on=on if isinstance(on, tuple) else (on,),
            queue=queue,
            provider=provider or queue,
            payload=payload,
            once=once,
            writes=writes,
            despite_leaving=despite_leaving or despite_erasure,
            despite_erasure=despite_erasure,
            policy=policy,
            deliver=deliver,
            batch=batch,
            deliver_all=in_bulk,
        )

    return declare
