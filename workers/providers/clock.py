"""How long one errand to a newsletter's provider may take, and whom it reaches in that time.

Separate from the adapters, because the limit is the kinds' own and the same whoever is called: whatever goes on past its
`time_limit` is taken from its worker, counted as a crash and done again. So it must never let a call go on beyond that,
nor let many wait in turn on a provider that has just failed.
"""

import time
from collections.abc import Callable, Sequence

from jobs.kind import Recipient
from jobs.outcomes import Blame, Outcome, Retry

LAST_CALL_S = 20.0  # after so long no call is begun any more ...
ALL_S = 25.0  # ... and none goes on: a claim as a whole has the kind's time_limit of 30 s
LEAST_S = 0.5

NOT_REACHED = Retry("newsletter_not_reached", blame=Blame.OURS)


class Clock:
    """Runs from the moment it is made. Times are in seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def may_call(self) -> bool:
        """Whether there is time to begin with somebody else."""
        return time.monotonic() - self._began < LAST_CALL_S

    def bound(self, most: float) -> float:
        """The total for the next call: always some time, for what follows a call that took all of it."""
        return max(LEAST_S, min(most, ALL_S - (time.monotonic() - self._began)))

    def in_turn(self, people: Sequence[Recipient], ask: Callable[[Recipient], Outcome]) -> list[Outcome]:
        """An outcome for each, in the order given. Once time is up, or the provider fails in a way that is not about the
        one person, nobody else is asked for: the rest is handed back.
        """
        outcomes: list[Outcome] = []
        for person in people:
            if not self.may_call():
                break
            outcomes.append(outcome := ask(person))
            if isinstance(outcome, Retry) and outcome.blame is not Blame.RECIPIENT:
                break
        return outcomes + [NOT_REACHED] * (len(people) - len(outcomes))
