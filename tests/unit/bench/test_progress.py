"""The progress bar: how much is done, for people and for logs."""

import io

import pytest

from tests.bench.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_step_that_has_begun_is_not_done() -> None:
    progress = Progress({"S1": 1.0}, io.StringIO())
    progress.begin("S1")
    progress.expect(4)
    seen = []
    for label in "abcd":
        progress.step(label)
        seen.append(progress.share())
    assert seen == [0.0, 0.25, 0.5, 0.75]


def test_parts_weigh_what_they_take() -> None:
    progress = Progress({"S1": 1.0, "S2": 3.0}, io.StringIO())
    progress.begin("S1")
    progress.begin("S2")
    assert progress.share() == pytest.approx(0.25)
    progress.expect(2)
    progress.step("a")
    progress.step("b")
    assert progress.share() == pytest.approx(0.625)


def test_what_is_said_between_steps_moves_nothing() -> None:
    progress = Progress({"S1": 1.0}, io.StringIO())
    progress.begin("S1")
    progress.expect(1)
    progress.aside("installing")
    assert progress.share() == 0.0


def test_a_log_gets_a_line_for_each_step_and_no_control_characters() -> None:
    stream = io.StringIO()
    progress = Progress({"S1": 1.0}, stream)
    progress.begin("S1")
    progress.expect(2)
    progress.step("one")
    progress.step("two")
    progress.clear()
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["one", "two"]
    assert stream.getvalue().replace("\n", "").isprintable()


def test_a_terminal_keeps_one_line_and_gets_it_back_empty() -> None:
    stream = Terminal()
    progress = Progress({"S1": 1.0}, stream)
    progress.begin("S1")
    progress.expect(2)
    progress.step("one")
    progress.step("two")
    progress.clear()
    assert "\n" not in stream.getvalue()
    assert "[##############..............]  50%" in stream.getvalue()
    assert stream.getvalue().endswith("\r\033[K")
