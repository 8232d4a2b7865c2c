from uuid import uuid4

import pytest

from ledger.live import Line
from ledger.states import State
from webapp.live.aftermath import state_after


def line(event: str, code: str | None = None) -> Line:
    return Line(id=1, job_id=uuid4(), event=event, claim=1, attempt=0, code=code)


@pytest.mark.parametrize(
    ("event", "following", "standing", "after"),
    [
        ("claimed", "retried", "succeeded", "running"),
        ("claimed", None, "running", "running"),
        ("retried", None, "queued", "retrying"),  # leasing writes no line, and is shown as no move
        ("succeeded", None, "succeeded", "succeeded"),
        ("skipped", None, "skipped", "skipped"),
        ("died", "replayed", "running", "dead"),
        ("doubted", "succeeded", "succeeded", "unknown"),  # a late answer resolved it
        ("replayed", None, "staged", "staged"),
        ("cancelled", None, "cancelled", "cancelled"),
        ("discarded", None, "discarded", "discarded"),
        ("handed_back", "claimed", "running", "staged"),
        ("lost", None, "queued", "staged"),
        ("lost", None, "unknown", "unknown"),
        ("overran", "claimed", "running", "staged"),
        ("died_alone", None, "dead", "dead"),
        ("died_alone", None, "staged", "staged"),
        ("died_alone", "claimed", "running", "staged"),
        ("died_alone", "replayed", "staged", "dead"),
        ("died_alone", "discarded", "discarded", "dead"),
    ],
)
def test_a_line_of_history_tells_where_it_led(event: str, following: str | None, standing: str, after: str) -> None:
    assert state_after(line(event), following, State(standing)) is State(after)


@pytest.mark.parametrize("event", ["lost", "overran", "died_alone"])
def test_a_worker_that_was_lost_past_the_point_of_no_return_left_doubt(event: str) -> None:
    assert state_after(line(event, "worker_lost_in_doubt"), "succeeded", State.SUCCEEDED) is State.UNKNOWN
