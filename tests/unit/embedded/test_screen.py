"""What is shown, and what happens when nobody looks."""

import os
from collections.abc import Iterator

import pytest

from embedded.screen import Screen, wants_colour


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_lines_stand_behind_the_aligned_name_of_their_process(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["web", "sandbox"], colour=False)
    screen.line("web", "GET /")
    screen.say("all is well")
    assert os.read(pipe[0], 4096) == b"web     | GET /\nusher   | all is well\n"


def test_colour_is_put_around_the_name_alone(pipe: tuple[int, int]) -> None:
    Screen(pipe[1], ["web"], colour=True).line("web", "GET /")
    assert os.read(pipe[0], 4096) == b"\x1b[36mweb   |\x1b[0m GET /\n"


def test_a_reader_who_stops_reading_never_blocks_us_and_hears_what_was_missed(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["web"], colour=False)
    for _ in range(200):
        screen.line("web", "x" * 1000)  # far more than a pipe holds
    while b"not shown" not in (seen := _read_all(pipe[0])):
        assert seen, "nothing came"
        screen.say("somebody reads again")
    assert b"lines were not shown: nobody read them\nusher | somebody reads again\n" in seen


def test_a_reader_who_has_gone_is_no_reason_to_stop() -> None:
    reader, writer = os.pipe()
    screen = Screen(writer, ["web"], colour=False)
    os.close(reader)
    screen.say("to nobody")
    screen.say("still to nobody")
    os.close(writer)
    assert screen._dropped == 2


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_of_people_who_want_it(
    environ: dict[str, str], *, is_terminal: bool, expected: bool
) -> None:
    assert wants_colour(environ, is_terminal=is_terminal) is expected


def _read_all(fd: int) -> bytes:
    data = b""
    try:
        while chunk := os.read(fd, 65536):
            data += chunk
    except BlockingIOError:
        pass
    return data
