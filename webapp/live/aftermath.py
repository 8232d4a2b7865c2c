"""The state in which a line of its history left a job, from the history's words alone. Pure.

Separate because the ledger writes what happened and not where it led: that is on the job's row, which has moved on.
"""

from ledger.live import Line
from ledger.states import FINAL, State

_STATES = {
    "claimed": State.RUNNING,
    "succeeded": State.SUCCEEDED,
    "skipped": State.SKIPPED,
    "retried": State.RETRYING,
    "died": State.DEAD,
    "doubted": State.UNKNOWN,
    "cancelled": State.CANCELLED,
    "discarded": State.DISCARDED,
}
_IN_DOUBT = "worker_lost_in_doubt"
_DECIDED = frozenset({"replayed", "discarded"})  # what a person does about a job that has ended badly


def state_after(line: Line, following: str | None, standing: State) -> State:
    """Where `line` led. `following`: the history's next word, None for its last line; `standing`: what the row says by then."""
    if following is None and standing in FINAL:
        return standing
    if line.event in _STATES:
        return _STATES[line.event]
    # A worker was lost, or gave it back: due again, unless that was the end of it.
    if line.code == _IN_DOUBT:
        return State.UNKNOWN
    return State.DEAD if following in _DECIDED and line.event == "died_alone" else State.STAGED
