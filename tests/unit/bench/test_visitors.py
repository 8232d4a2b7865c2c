"""The load: what an open loop counts as waiting, and what both loops count as failed."""

import asyncio

from tests.bench.visitor import Answer, NoAnswerError
from tests.bench.visitors import SignsUp, arriving, queueing

PER_SECOND, SECONDS = 200, 0.1
ALL = 20


class Stalled:
    """A server that answers nobody until everybody is there."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.open = asyncio.Event()

    async def sign_up(self, address: str) -> Answer:
        self.arrived.append(address)
        if len(self.arrived) == ALL:
            self.open.set()
        await self.open.wait()
        return Answer(202, b'{"created_at": "2026-01-02T03:04:05+00:00"}')

    def leave(self) -> None:
        self.arrived.append("left")


class Refusing:
    """Answers every other visitor with an error, and hangs up on the rest."""

    def __init__(self) -> None:
        self.asked = 0

    async def sign_up(self, _address: str) -> Answer:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked % 2:
            raise NoAnswerError("ConnectionResetError")
        return Answer(503, b"{}")

    def leave(self) -> None:
        self.asked = 0


def test_in_an_open_loop_a_stall_counts_for_everybody_who_was_due_in_it() -> None:
    async def scene() -> list[float]:
        server = Stalled()
        return (await arriving(lambda: server, PER_SECOND, SECONDS, "v")).times_ms

    times = asyncio.run(scene())
    assert len(times) == ALL
    for number, took_ms in enumerate(sorted(times, reverse=True)):
        assert took_ms >= 1000 * (ALL - 1 - number) / PER_SECOND


def test_an_open_loop_remembers_whose_sign_up_was_committed_when() -> None:
    async def scene() -> dict[str, str]:
        server = Stalled()
        return (await arriving(lambda: server, PER_SECOND, SECONDS, "v")).committed

    assert asyncio.run(scene()) == {f"v{number}@example.org": "2026-01-02T03:04:05+00:00" for number in range(ALL)}


def test_who_is_refused_or_cut_off_is_counted_and_has_no_time() -> None:
    server: SignsUp = Refusing()
    visits = asyncio.run(arriving(lambda: server, PER_SECOND, SECONDS, "v"))
    assert visits.answers == {"503": ALL // 2, "ConnectionResetError": ALL // 2}
    assert (visits.accepted, visits.failed, visits.times_ms) == (0, ALL, [])


def test_a_closed_loop_goes_on_after_a_failure_and_ends_in_time() -> None:
    visits = asyncio.run(queueing(Refusing, 3, 0.05, "v"))
    assert set(visits.answers) == {"503", "ConnectionResetError"}
    assert visits.failed > 3
    assert visits.seconds >= 0.05
