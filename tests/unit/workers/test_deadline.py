"""A deadline ends a call that a read time-out would let go on for ever, and leaves every other call alone."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.waiting import eventually
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
    assert time.monotonic() - began < 2


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


def test_no_watcher_is_left_behind_by_a_call_that_is_over() -> None:
    before = threading.active_count()
    with Deadline(3_600):
        pass
    eventually(lambda: threading.active_count() <= before)
    assert threading.active_count() <= before


def test_a_connection_that_is_closed_already_is_no_trouble(pair: Pair) -> None:
    with Deadline(0.01) as limit:
        limit.watch(pair[0])
        pair[0].close()
        eventually(lambda: limit.expired)
    assert limit.expired
