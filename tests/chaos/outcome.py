"""A round's orders and what came of it: data between the one who plays and the one who prints."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.load import Answer, Visit
from tests.chaos.schedule import Fault
from tests.chaos.systems import Testimony
from tests.chaos.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Orders:
    """What a round is made of."""

    seed: int
    signups: int
    rate: float  # a second
    faults: Sequence[Fault]
    pools: tuple[str, ...] = ("threads", "threads")
    latency_ms: int = 50  # of each provider's answers while it is well


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    system: str
    orders: Orders
    visits: list[Visit]
    judgement: Judgement
    missed: list[str]
    drained_s: float  # from the last repair to the last job
    starts: int  # of programs, the first of each included
    orphans: int  # programs that had outlived their killed parent by a second
    testimony: Testimony

    def answered(self, answer: Answer) -> int:
        """How many visitors were told this."""
        return sum(visit.answer is answer for visit in self.visits)

    @property
    def is_clean(self) -> bool:
        """Whether everything holds that must hold: nothing lost, repeated, stuck or counted twice, no wrong answer."""
        return self.judgement.is_clean and not self.testimony.doubles and not self.answered(Answer.WRONG)
