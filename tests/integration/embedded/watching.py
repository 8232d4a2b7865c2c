"""How these tests wait and look: on conditions, and at the machine's real list of processes."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import psutil

T = TypeVar("T")


def eventually(condition: Callable[[], T], seconds: float = 15) -> T:
    """The first true value of `condition`; fails when there is none within `seconds`."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < until, "waited in vain"
        pause.wait(0.02)
    return value


def processes_with(mark: str) -> list[psutil.Process]:
    """Every live process, of anybody, that has `mark` in its command, environment or folder, but for this one.

    All three, because a server may rewrite its command line and is started with an environment of its own.
    """
    return [process for process in psutil.process_iter() if process.pid != psutil.Process().pid and _has(process, mark)]


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and that nobody has collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Its command line as one text; empty when it has ended in the meantime."""
    return " ".join(_read(process.cmdline))


def _has(process: psutil.Process, mark: str) -> bool:
    traits: tuple[Callable[[], Iterable[str]], ...] = (
        process.cmdline,
        lambda: process.environ().values(),
        lambda: [process.cwd()],
    )
    return any(mark in text for trait in traits for text in _read(trait))


def _read(trait: Callable[[], Iterable[str]]) -> Iterable[str]:
    try:
        return trait()
    except psutil.Error:  # it has ended by now, is a zombie, or is not ours to look at
        return ()
