"""A worker is judged by what it takes: work to do, hands to do it, and nothing taken is the only sign of being stuck."""

import pytest

from workers.progress import Progress, Sight


def test_a_worker_with_work_and_hands_that_takes_nothing_is_stuck_for_longer_and_longer() -> None:
    progress = Progress()
    assert [progress.stuck_for(Sight(5, 7, idle=True), now) for now in (0.0, 1.0, 2.5, 4.0)] == [0, 0, 1.5, 3.0]


@pytest.mark.parametrize(
    "relief", [Sight(5, 8, idle=True), Sight(0, 7, idle=True), Sight(5, 7, idle=False)], ids=["took", "empty", "busy"]
)
def test_one_message_taken_no_work_or_no_hands_clears_it(relief: Sight) -> None:
    progress = Progress()
    for now in (0.0, 1.0, 9.0):
        progress.stuck_for(Sight(5, 7, idle=True), now)
    assert progress.stuck_for(relief, 10.0) == 0
    assert progress.stuck_for(Sight(5, relief.received, idle=True), 11.0) == 0
