"""`python -m tests.bench.visitors URL KIND AMOUNT SECONDS PREFIX [guarded]`: many sign up, and what it was like. Loopback only.

KIND `open`: AMOUNT arrive each second, whatever becomes of those before, and each one's time counts from the moment it
was due to arrive: a server that stalls cannot hide it by holding up the load (coordinated omission). KIND `closed`:
AMOUNT connections sign up one after another as fast as they are answered.

A process of its own, so that the server measured does not share an interpreter with its load. Prints one line of JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Protocol

from tests.bench.guarded import Guarded, solved
from tests.bench.stack import BIN, ROOT
from tests.bench.visitor import Answer, NoAnswerError, Visitor

MOST_SECONDS = 60.0
MOST_WAITING = 2_000  # visitors in the house at once; beyond it the server is not keeping up, and that shows as well
ACCEPTED = 202
GUARDED = "guarded"


class SignsUp(Protocol):
    """Somebody who can sign up again and again."""

    async def sign_up(self, address: str) -> Answer:
        """One sign-up. Raises `NoAnswerError`."""

    def leave(self) -> None:
        """Nothing more will be asked."""


@dataclass(slots=True)
class Visits:
    """What came of them. `times_ms`: of those accepted. `committed`: address to `created_at`, of an open loop."""

    seconds: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)
    times_ms: list[float] = field(default_factory=list)
    committed: dict[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """How many were answered 202."""
        return self.answers.get(str(ACCEPTED), 0)

    @property
    def failed(self) -> int:
        """How many were not."""
        return sum(self.answers.values()) - self.accepted


def visit(url: str, kind: str, amount: float, seconds: float, prefix: str, *, guarded: bool = False) -> Visits:
    """Run the load in a process of its own and return what it saw. `prefix` begins every address. `guarded`: see that file."""
    command = [str(BIN / "python"), "-m", "tests.bench.visitors", url, kind, str(amount), str(seconds), prefix]
    command += [GUARDED] * guarded
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=4 * MOST_SECONDS)
    return Visits(**json.loads(done.stdout))


async def arriving(come: Callable[[], SignsUp], per_second: float, seconds: float, prefix: str) -> Visits:
    """The open loop. `come` brings another visitor whenever nobody who has been here before is free."""
    visits, answers, idle = Visits(), Counter[str](), list[SignsUp]()
    started = time.monotonic()
    due = [number / per_second for number in range(int(per_second * seconds))]
    tasks: set[asyncio.Task[None]] = set()

    async def one(number: int) -> None:
        visitor = idle.pop() if idle else come()
        address = f"{prefix}{number}@example.org"
        try:
            answer = await visitor.sign_up(address)
        except NoAnswerError as error:
            answers[str(error)] += 1
            return
        took_ms = 1000 * (time.monotonic() - started - due[number])
        idle.append(visitor)
        answers[str(answer.status)] += 1
        if answer.status == ACCEPTED:
            visits.times_ms.append(took_ms)
            if b"created_at" in answer.body:
                visits.committed[address] = answer.created_at()

    for number, moment in enumerate(due):
        await asyncio.sleep(max(0.0, started + moment - time.monotonic()))
        if len(tasks) >= MOST_WAITING:
            answers["not let in"] += 1
            continue
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return _closed(visits, answers, idle, started)


async def queueing(come: Callable[[], SignsUp], connections: int, seconds: float, prefix: str) -> Visits:
    """The closed loop."""
    visits, answers, visitors = Visits(), Counter[str](), [come() for _ in range(connections)]
    started = time.monotonic()

    async def one(place: int, visitor: SignsUp) -> None:
        number = 0
        while (since := time.monotonic()) < started + seconds:
            number += 1
            try:
                answer = await visitor.sign_up(f"{prefix}{place}-{number}@example.org")
            except NoAnswerError as error:
                answers[str(error)] += 1
                continue
            answers[str(answer.status)] += 1
            if answer.status == ACCEPTED:
                visits.times_ms.append(1000 * (time.monotonic() - since))

    await asyncio.gather(*(one(place, visitor) for place, visitor in enumerate(visitors)))
    return _closed(visits, answers, visitors, started)


def _closed(visits: Visits, answers: Counter[str], visitors: Iterable[SignsUp], started: float) -> Visits:
    visits.seconds = time.monotonic() - started
    visits.answers = dict(answers)
    for visitor in visitors:
        visitor.leave()
    return visits


def main() -> None:
    """Load as the command line says."""
    url, kind, amount, seconds, prefix, *guarded = sys.argv[1:]
    bounded = min(float(seconds), MOST_SECONDS)
    come: Callable[[], SignsUp] = partial(Visitor, url)
    if guarded == [GUARDED]:
        come = partial(Guarded, url, solved(int(float(amount) * bounded)))
    if kind == "open":
        found = asyncio.run(arriving(come, float(amount), bounded, prefix))
    else:
        found = asyncio.run(queueing(come, int(float(amount)), bounded, prefix))
    print(json.dumps(asdict(found)))  # noqa: T201  # the benchmark reads it


if __name__ == "__main__":
    main()
