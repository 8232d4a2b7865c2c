"""The platform: starts the programs of a cluster and starts each again when it has ended, as any host does.

Separate from the faults, because it must not know of them: a program that dies is started again whoever killed it. All
of it happens in one thread, since the kernel lets a child follow the *thread* that started it into death; so nothing is
left behind even when the driver is killed.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded.child import Child
from tests.chaos import kin

LOOK_S = 0.05
PAUSE_S = (
    1.0  # between an end and the next start; whoever still lives in the group then should have followed its parent
)
GRACE_S = 10.0  # what most platforms grant after SIGTERM


@dataclass(frozen=True, slots=True)
class Program:
    """One program to keep running."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]


class Kept:
    """A program and its present run."""

    def __init__(self, program: Program, log: Path, cwd: Path) -> None:
        self.program = program
        self._log = log
        self._cwd = cwd
        self._child: Child | None = None
        self._ended: float | None = None
        self._give_up: float | None = None
        self.starts = 0
        self.orphans = 0
        self.hard_stops = 0

    @property
    def pid(self) -> int | None:
        """The leader of its group, while it runs."""
        child = self._child
        return child.pid if child is not None and self.is_alive else None

    @property
    def is_alive(self) -> bool:
        """Whether its leader runs, or is paused."""
        return self._child is not None and self._child.process.poll() is None

    def tend(self, now: float) -> None:
        """Start it where it does not run; end it where it was asked to stop and does not."""
        if self._child is None:
            self._start()
        elif self._child.process.poll() is None:
            if self._give_up is not None and now > self._give_up:
                self.hard_stops += 1
                self._signal_group(signal.SIGKILL)
                self._give_up = None
        elif self._ended is None:
            self._ended = now
        elif now > self._ended + PAUSE_S:
            self._sweep()
            self._start()

    def ask_to_stop(self) -> None:
        """SIGTERM to the leader, which has `GRACE_S` from now."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)
            self._give_up = time.monotonic() + GRACE_S

    def kill(self) -> None:
        """End it and its group now."""
        self._signal_group(signal.SIGKILL)
        if self._child is not None:
            self._child.process.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._child = Child.start(self.program.argv, env=self.program.env, output=log, cwd=self._cwd)
        self.starts += 1
        self._ended = self._give_up = None

    def _sweep(self) -> None:
        assert self._child is not None
        self.orphans += len(kin.group(self._child.pid))
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, signum: signal.Signals) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signum)


class Platform:
    """Keeps programs running until `stop`; each writes into `<folder>/<name>.log`."""

    def __init__(self, folder: Path, cwd: Path) -> None:
        self._folder = folder
        self._cwd = cwd
        self._kept: dict[str, Kept] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos-platform")

    def keep(self, programs: Sequence[Program]) -> None:
        """Start these, and keep them. To be called once."""
        self._kept = {one.name: Kept(one, self._folder / f"{one.name}.log", self._cwd) for one in programs}
        self._thread.start()

    def __getitem__(self, name: str) -> Kept:
        return self._kept[name]

    def all(self) -> list[Kept]:
        """Every program that is kept."""
        return list(self._kept.values())

    def stop(self) -> None:
        """Stop all of them, first politely; bounded. Returns when none is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            for kept in self.all():
                kept.tend(time.monotonic())
        for kept in self.all():
            if kept.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(kept.pid, signal.SIGCONT)
                kept.ask_to_stop()
        give_up = time.monotonic() + GRACE_S
        pause = threading.Event()
        while any(kept.is_alive for kept in self.all()) and time.monotonic() < give_up:
            pause.wait(LOOK_S)
        for kept in self.all():
            kept.kill()
