import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.waiting import eventually
from webapp.live.turnstile import ARRIVING, Turnstile

SIGN_UP, STREAM = {"PATH_INFO": "/api/v1/signups"}, {"PATH_INFO": "/api/v1/signups/x/events"}


class House:
    """An application in which everybody stays until the doors are opened."""

    def __init__(self) -> None:
        self.inside = {"/api/v1/signups": 0, "/api/v1/signups/x/events": 0}
        self.lock = threading.Lock()
        self.open = threading.Event()

    def __call__(self, environ: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
        with self.lock:
            self.inside[environ["PATH_INFO"]] += 1
        self.open.wait(10)
        return [b"done"]


def test_no_more_are_answered_at_once_than_are_meant_to_be_and_streams_take_no_place_of_theirs() -> None:
    house = House()
    entrance = Turnstile(house, answering=3)
    with ThreadPoolExecutor(3 * ARRIVING) as crowd:
        streams = [crowd.submit(entrance, STREAM, None) for _ in range(2 * ARRIVING)]
        eventually(lambda: house.inside[STREAM["PATH_INFO"]] == ARRIVING)
        signups = [crowd.submit(entrance, SIGN_UP, None) for _ in range(5)]
        eventually(lambda: house.inside[SIGN_UP["PATH_INFO"]] == 3)
        assert house.inside == {SIGN_UP["PATH_INFO"]: 3, STREAM["PATH_INFO"]: ARRIVING}
        house.open.set()
        assert {tuple(one.result()) for one in (*streams, *signups)} == {(b"done",)}
    assert house.inside == {SIGN_UP["PATH_INFO"]: 5, STREAM["PATH_INFO"]: 2 * ARRIVING}


def test_a_fault_inside_leaves_the_place_free() -> None:
    def broken(_environ: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
        raise RuntimeError

    entrance = Turnstile(broken, answering=1)
    with ThreadPoolExecutor(1) as crowd:
        for _ in range(3):
            assert isinstance(crowd.submit(entrance, SIGN_UP, None).exception(10), RuntimeError)
