import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import pytest

from tests.waiting import eventually
from webapp.intake import GaveUpError, Intake

LONG_S = 30.0


class Book:
    """Where groups are written: each one waits until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.threads: list[int] = []
        self.let_go = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def write(self, items: Sequence[str], _ends: float) -> list[str]:
        with self._lock:
            self.groups.append(list(items))
            self.threads.append(threading.get_ident())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.let_go.wait(LONG_S)
        with self._lock:
            self.at_once -= 1
        if "bad" in items:
            raise ValueError(items)
        if "fatal" in items:
            raise SystemExit
        return [item.upper() for item in items]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def intake(book: Book) -> Intake[str, str]:
    return Intake(book.write, abreast=1, most=3)


def put(intake: Intake[str, str], item: str, within: float = LONG_S) -> str:
    return intake.put(item, monotonic() + within)


def waiting(intake: Intake[str, str]) -> int:
    return len(intake._line)


def queue(threads: ThreadPoolExecutor, intake: Intake[str, str], *items: str) -> list["Future[str]"]:
    """Put them in one after the other, so that the line is in this order."""
    futures = []
    for item in items:
        before = waiting(intake)
        futures.append(threads.submit(put, intake, item))
        eventually(lambda before=before: waiting(intake) > before)
    return futures


def begin(threads: ThreadPoolExecutor, intake: Intake[str, str], book: Book, item: str) -> "Future[str]":
    """Have this one being written."""
    first = threads.submit(put, intake, item)
    eventually(lambda: book.groups)
    return first


def test_whoever_comes_alone_writes_at_once_and_in_its_own_thread(intake: Intake[str, str], book: Book) -> None:
    book.let_go.set()
    assert [put(intake, "a"), put(intake, "b")] == ["A", "B"]
    assert book.groups == [["a"], ["b"]]
    assert set(book.threads) == {threading.get_ident()}


def test_those_who_come_while_one_is_written_are_written_together_and_each_gets_its_own(
    intake: Intake[str, str], book: Book
) -> None:
    with ThreadPoolExecutor(8) as threads:
        first = begin(threads, intake, book, "a")
        rest = queue(threads, intake, "b", "c", "d", "e")
        book.let_go.set()
        assert [one.result(LONG_S) for one in (first, *rest)] == ["A", "B", "C", "D", "E"]
    assert book.groups == [["a"], ["b", "c", "d"], ["e"]]


def test_a_group_that_fails_says_so_to_each_of_it_and_to_nobody_else(intake: Intake[str, str], book: Book) -> None:
    with ThreadPoolExecutor(8) as threads:
        first = begin(threads, intake, book, "a")
        rest = queue(threads, intake, "b", "bad", "c", "d")
        book.let_go.set()
        assert first.result(LONG_S) == "A"
        assert [type(one.exception(LONG_S)) for one in rest] == [ValueError, ValueError, ValueError, type(None)]


@pytest.mark.parametrize("end", ["bad", "fatal"])
def test_the_line_goes_on_however_a_group_has_ended(intake: Intake[str, str], book: Book, end: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        first = begin(threads, intake, book, end)
        rest = queue(threads, intake, "b", "c")
        book.let_go.set()
        assert isinstance(first.exception(LONG_S), ValueError | SystemExit)
        assert [one.result(LONG_S) for one in rest] == ["B", "C"]
    assert put(intake, "d") == "D"


def test_whoever_was_led_by_one_that_was_ended_knows_nothing(intake: Intake[str, str], book: Book) -> None:
    with ThreadPoolExecutor(8) as threads:
        begin(threads, intake, book, "a")
        leader, led = queue(threads, intake, "fatal", "b")
        book.let_go.set()
        assert isinstance(leader.exception(LONG_S), SystemExit)
        assert isinstance(led.exception(LONG_S), GaveUpError)


def test_whoever_waits_too_long_leaves_the_line_and_is_never_written(intake: Intake[str, str], book: Book) -> None:
    with ThreadPoolExecutor(8) as threads:
        first = begin(threads, intake, book, "a")
        with pytest.raises(GaveUpError):
            put(intake, "late", within=0.01)
        (last,) = queue(threads, intake, "b")
        book.let_go.set()
        assert [first.result(LONG_S), last.result(LONG_S)] == ["A", "B"]
    assert book.groups == [["a"], ["b"]]


def test_whoever_gives_up_while_its_group_is_written_leaves_the_others_alone(
    intake: Intake[str, str], book: Book
) -> None:
    gate = threading.Event()
    write: Callable[[Sequence[str], float], list[str]] = book.write

    def held(items: Sequence[str], ends: float) -> list[str]:
        if "b" in items:
            assert gate.wait(LONG_S)
        return write(items, ends)

    intake._write = held
    with ThreadPoolExecutor(8) as threads:
        begin(threads, intake, book, "a")
        (leader,) = queue(threads, intake, "b")
        hasty = threads.submit(put, intake, "hasty", 0.5)
        eventually(lambda: waiting(intake) == 2)
        (patient,) = queue(threads, intake, "c")
        book.let_go.set()
        assert isinstance(hasty.exception(LONG_S), GaveUpError)
        gate.set()
        assert [leader.result(LONG_S), patient.result(LONG_S)] == ["B", "C"]


def test_under_a_crowd_nobody_is_lost_or_written_twice_and_the_limits_hold(book: Book) -> None:
    intake = Intake(book.write, abreast=2, most=5)
    items = [f"item {number}" for number in range(2_000)]
    book.let_go.set()
    with ThreadPoolExecutor(50) as threads:
        assert list(threads.map(lambda item: put(intake, item), items)) == [item.upper() for item in items]
    assert sorted(item for group in book.groups for item in group) == sorted(items)
    assert max(len(group) for group in book.groups) <= 5
    assert book.most_at_once <= 2
    assert (intake._writing, waiting(intake)) == (0, 0)
