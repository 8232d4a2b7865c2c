from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response

from webapp.whole_answers import LONGEST, WholeAnswers

SHORT = b"a short answer"


class Pieces:
    """An answer in pieces that notes what is done with it."""

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            yield self.left.pop(0)

    def close(self) -> None:
        self.closed += 1


def answered(pieces: Pieces, *headers: tuple[str, str]) -> tuple[Any, list[Any]]:
    """What a server gets for it: the answer, and what it was told at the start."""
    told: list[Any] = []

    def application(_environ: Any, start: Any) -> Pieces:
        start("200 OK", list(headers))
        return pieces

    return WholeAnswers(application)({}, lambda *start: told.append(start)), told


def test_what_says_its_length_is_handed_over_whole_and_closed() -> None:
    pieces = Pieces(SHORT, SHORT)
    answer, told = answered(pieces, ("Content-Type", "text/plain"), ("Content-Length", str(2 * len(SHORT))))
    assert answer == [SHORT, SHORT]
    assert pieces.closed == 1
    assert told == [("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(2 * len(SHORT)))])]


@pytest.mark.parametrize("headers", [[], [("Content-Length", str(LONGEST + 1))]], ids=["a stream", "a long one"])
def test_everything_else_is_left_to_be_fetched_and_closed_by_the_server(headers: list[tuple[str, str]]) -> None:
    pieces = Pieces(SHORT)
    answer, _ = answered(pieces, *headers)
    assert answer is pieces
    assert (pieces.left, pieces.closed) == ([SHORT], 0)


def test_one_that_breaks_in_the_middle_is_closed(app: Flask) -> None:
    def broken() -> Iterator[bytes]:
        yield SHORT
        raise RuntimeError

    closed: list[bool] = []

    @app.get("/broken")
    def view() -> Response:
        answer = Response(broken(), headers={"Content-Length": "100"})
        answer.call_on_close(lambda: closed.append(True))
        return answer

    environ = app.test_request_context("/broken").request.environ
    with pytest.raises(RuntimeError):
        WholeAnswers(app)(environ, lambda *_start: None)
    assert closed == [True]
