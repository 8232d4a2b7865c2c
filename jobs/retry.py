"""The decision: one outcome in, one move out. A pure function; time and chance are passed in.

The waiting itself is the ledger's: a move says after how many seconds the job is due again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from jobs.policy import Policy
from ledger.moves import Move
from ledger.states import State

HAND_BACK_PAUSE_S = 1.0
LONGEST_HAND_BACK_S = 60.0
"""Before a job that was handed back for an operator's fault is due again; the pause doubles with its claims up to the
longest. It is the circuit that keeps it waiting. The pause keeps a job whose circuit could not be opened from a tight loop,
and one that alone meets the fault from opening, every second, a circuit that the others close."""

LARGEST_EXPONENT = 62
"""2**62 seconds is past every cap; without the bound a job tried a thousand times would overflow a float."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What a job has behind it and what it has left, before this outcome."""

    attempts: int  # answers that spent budget so far
    max_retries: int | None  # as it was owed
    budget_left: float  # seconds until it is given up
    repeatable: bool  # doing it again is harmless, or was chosen
    probing: bool = False  # it tried on behalf of all that wait for the provider: a failure is nothing against it
    claims: int = 1  # how often it has been claimed, this time included


def decide(outcome: Outcome, *, policy: Policy, tries: Tries, draw: Callable[[], float]) -> Move:
    """Turn what a provider said into the job's next state. `draw` returns a number in [0, 1), for the jitter."""
    match outcome:
        case Accepted(provider_id) | Already(provider_id):
            return Move(State.SUCCEEDED, "succeeded", spent=1, provider_id=provider_id)
        case Suppressed(reason):
            return Move(State.SKIPPED, "skipped", spent=1, code=reason)
        case Rejected(code):
            return Move(State.DEAD, "died", spent=1, code=code)
        case Retry(code, after, blame):
            return _again(code, after, blame, policy, tries, draw)
        case Unknown(code) if tries.repeatable:
            return _again(code, None, Blame.PROVIDER, policy, tries, draw)
        case Unknown(code):
            return Move(State.UNKNOWN, "doubted", spent=1, code=code)


def crashed(error: Exception, *, policy: Policy, tries: Tries, draw: Callable[[], float]) -> Move:
    """Turn an exception out of a kind's own code into a move. Its text stays here: it may quote an address."""
    code = f"raised_{type(error).__name__}"
    if isinstance(error, policy.autoretry_for):
        return _again(code, None, Blame.PROVIDER, policy, tries, draw)
    return Move(State.DEAD, "died", spent=1, code=code)


def _again(
    code: str,
    after: float | None,
    blame: Blame,
    policy: Policy,
    tries: Tries,
    draw: Callable[[], float],
) -> Move:
    if blame is Blame.OURS:
        return Move(State.STAGED, "handed_back", delay=0, code=code)
    if blame is Blame.OPERATOR:
        return Move(State.STAGED, "handed_back", delay=_hand_back_pause(tries), code=code)
    spent = 0 if blame is Blame.LIMIT or tries.probing else 1
    # A limit spends nothing, and all the same the pauses between two of them must grow.
    delay = pause(
        after, policy, max(tries.attempts, tries.claims - 1) if blame is Blame.LIMIT else tries.attempts, draw
    )
    if spent and tries.max_retries is not None and tries.attempts >= tries.max_retries:
        return Move(State.DEAD, "died", spent=spent, code=code)
    if delay >= tries.budget_left:
        return Move(State.DEAD, "died", spent=spent, code=code)
    return Move(State.RETRYING, "retried", delay=delay, spent=spent, code=code, asked=after is not None)


def _hand_back_pause(tries: Tries) -> float:
    """A probe's does not grow: it must be due like those it tried for when the circuit closes, and until then it waits anyway."""
    if tries.probing:
        return HAND_BACK_PAUSE_S
    return min(HAND_BACK_PAUSE_S * 2.0 ** min(max(0, tries.claims - 1), LARGEST_EXPONENT), LONGEST_HAND_BACK_S)


def pause(after: float | None, policy: Policy, attempts: int, draw: Callable[[], float]) -> float:
    """Seconds until the next try: what the provider asked for, up to a ceiling of its own; else exponential backoff.

    Jitter is added on top of a `Retry-After`, never taken off it, so that those who were told the same do not all
    come back at the same moment and none comes early.
    """
    backoff = _backoff(policy, attempts)
    jittered = backoff * draw() if policy.retry_jitter else backoff
    if after is not None:
        asked = max(0.0, min(after, policy.retry_after_max))
        spread = min(0.1 * asked, policy.retry_backoff_max) * draw() if policy.retry_jitter else 0.0
        return min(asked + spread, policy.retry_after_max)
    return jittered


def _backoff(policy: Policy, attempts: int) -> float:
    if policy.retry_backoff is False:
        return min(policy.default_retry_delay, policy.retry_backoff_max)
    first = 1.0 if policy.retry_backoff is True else float(policy.retry_backoff)
    return min(first * 2.0 ** min(max(0, attempts), LARGEST_EXPONENT), policy.retry_backoff_max)
