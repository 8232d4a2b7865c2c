"""What a fact owes: for each kind bound to it a job, its payload validated and its policy copied, ready to be stored."""

from jobs.facts import Fact
from jobs.kind import Kind
from jobs.registry import Kinds
from ledger.owed import Owed


def owe(fact: Fact, kinds: Kinds, *, muted: bool = False) -> list[Owed]:
    """The jobs this fact owes. Raises `pydantic.ValidationError` where a payload does not validate: nothing is owed then.

    `muted`: those that write to the person have no effect.
    """
    return [_owed(kind, fact, muted=muted and kind.writes) for kind in kinds.answering(fact)]


def _owed(kind: Kind, fact: Fact, *, muted: bool) -> Owed:
    return Owed(
        kind=kind.name,
        queue=kind.queue,
        provider=kind.provider,
        # A worker of the release before refuses a field it does not know. Until there is something to say, it is not named.
        payload=kind.payload.model_validate(fact).model_dump(mode="json", exclude_defaults=True),
        once=kind.once,
        max_retries=kind.policy.max_retries,
        max_age=kind.policy.max_age.total_seconds(),
        time_limit=kind.policy.time_limit,
        resend=kind.policy.resend,
        muted=muted,
    )
