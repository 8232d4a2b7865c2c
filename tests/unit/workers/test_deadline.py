"""A deadline ends a call that a read time-out would let go on for ever, and leaves every other call alone."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.waiting import eventually
from workers import deadline
from workers.deadline import Deadline, current

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs:
        yield ours, theirs


def test_a_read_that_would_wait_for_ever_ends_when_the_time_is_up(pair: Pair) -> None:
    began = time.monotonic()
    with Deadline(0.1) as limit:
        limit.watch(pair[0])
        assert pair[0].recv(1) == b""
    assert limit.expired
    assert time.monotonic() - began < 10  # of the 20 it would wait without


def test_a_drip_that_keeps_every_read_short_ends_too(pair: Pair) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.01):
            try:
                pair[1].send(b".")
            except OSError:
                return

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with Deadline(0.2) as limit:
            limit.watch(pair[0])
            while pair[0].recv(1):
                pass
        assert limit.expired
    finally:
        stop.set()
        dripping.join()


def test_a_call_that_is_over_in_time_keeps_its_connection(pair: Pair) -> None:
    with Deadline(5) as limit:
        limit.watch(pair[0])
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"
    assert not limit.expired


def test_a_socket_named_after_the_time_is_up_is_shut_down_at_once(pair: Pair) -> None:
    with Deadline(0.001) as limit:
        eventually(lambda: limit.expired)
        limit.watch(pair[0])
        assert pair[0].recv(1) == b""


def test_a_socket_that_is_no_longer_watched_is_left_alone(pair: Pair) -> None:
    with Deadline(0.05) as limit:
        limit.watch(pair[0])
        limit.watch(None)
        eventually(lambda: limit.expired)
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


def test_what_is_left_shrinks_and_is_never_negative() -> None:
    with Deadline(0.02) as limit:
        assert 0 < limit.left() <= 0.02
        eventually(lambda: limit.expired)
        assert limit.left() == 0


def test_each_thread_is_under_a_deadline_of_its_own() -> None:
    seen: list[Deadline | None] = []
    with Deadline(5) as limit:
        assert current() is limit
        other = threading.Thread(target=lambda: seen.append(current()))
        other.start()
        other.join()
    assert seen == [None]
    assert current() is None


def test_one_thread_watches_over_all_calls_however_many_there_are() -> None:
    with Deadline(3_600):
        before = threading.active_count()
        with ExitStack() as calls:
            for seconds in range(1, 200):
                calls.enter_context(Deadline(seconds))
            assert threading.active_count() == before
    assert not deadline._watcher._running, "calls that are over are not remembered"


def test_a_deadline_that_ends_before_those_already_running_is_not_kept_waiting_for_them(pair: Pair) -> None:
    began = time.monotonic()
    with Deadline(3_600), Deadline(60), Deadline(0.1) as limit:
        limit.watch(pair[0])
        assert pair[0].recv(1) == b""
    assert time.monotonic() - began < 10  # of the 20 it would wait without


def test_many_deadlines_end_each_in_its_own_time_and_only_those_that_are_due(pair: Pair) -> None:
    with ExitStack() as calls:
        short = [calls.enter_context(Deadline(0.02 * n)) for n in range(1, 6)]
        long = calls.enter_context(Deadline(60))
        long.watch(pair[0])
        eventually(lambda: all(limit.expired for limit in short))
        assert not long.expired
        pair[1].send(b"x")
        assert pair[0].recv(1) == b"x"


def test_a_connection_that_cannot_be_shut_down_costs_the_other_calls_nothing(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with Deadline(0.05) as broken, Deadline(0.1) as limit:
        broken.watch("no socket at all")  # type: ignore[arg-type]
        limit.watch(pair[0])
        assert pair[0].recv(1) == b""
    assert "could not be shut down" in caplog.text


def test_a_child_that_was_forked_off_watches_over_its_own_calls(pair: Pair) -> None:
    with Deadline(3_600):  # the watcher's thread runs here, and does not follow
        child = os.fork()
        if child == 0:
            with Deadline(0.1) as limit:
                limit.watch(pair[0])
                heard = pair[0].recv(1)
            os._exit(0 if heard == b"" and limit.expired else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_connection_that_is_closed_already_is_no_trouble(pair: Pair) -> None:
    with Deadline(0.01) as limit:
        limit.watch(pair[0])
        pair[0].close()
        eventually(lambda: limit.expired)
    assert limit.expired
