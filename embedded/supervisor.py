"""One loop that starts everything in order, keeps it alive, and stops it within ten seconds.

Separate from what is run (`processes`) and from how a thing is kept alive (`kept`). It has one thread and no
handlers that do anything: each turn reads what was printed, looks after each thing once, and looks whether somebody
wants to stop, so there is no moment at which a child is started and nobody knows of it.

It must never return before every process it started is gone.
"""

import select
import time
from collections.abc import Sequence
from pathlib import Path

from embedded import orphans
from embedded.attempt import Attempt
from embedded.child import describe_end
from embedded.engine import Engine
from embedded.errors import StartAbandonedError, StartError
from embedded.kept import KeptEngine, KeptProcess
from embedded.processes import Process
from embedded.screen import Screen
from embedded.stopsignals import StopSignals

_TURN_SECONDS = 0.1
# Ten in all: six for the programs together, then one for Redis, two and a half for PostgreSQL, and half for the rest.
_STOP_SECONDS = 6.0
_PATIENCE_SECONDS = 20.0


class Supervisor:
    """Runs things in `cwd`, tells of them on `screen`, and stops when `signals` say so.

    Each of its steps raises StartAbandonedError when a stop is wished, and StartError when something will not come up;
    `stop` must follow in any case.
    """

    def __init__(self, screen: Screen, signals: StopSignals, cwd: Path) -> None:
        self._screen = screen
        self._signals = signals
        self._cwd = cwd
        self._task: Attempt | None = None
        self._engines: list[KeptEngine] = []
        self._kept: list[KeptProcess] = []

    def start_engine(self, engine: Engine) -> None:
        """Start a database or broker, and keep it alive from now on."""
        engine.start(self._go_on)
        self._engines.append(KeptEngine(engine, self._screen, time.monotonic()))
        self._screen.say(f"{engine.name} answers on port {engine.port}")

    def complete(self, process: Process) -> None:
        """Run something that does its task and ends; StartError when it fails."""
        self._task = Attempt(process, self._screen, self._cwd)
        while (code := self._task.returncode()) is None:
            self._turn()
        if code != 0:
            raise StartError(process.name, f"failed ({describe_end(code)})", list(self._task.last_lines))
        self._task = None

    def keep(self, processes: Sequence[Process]) -> None:
        """Start these, and keep them alive from now on."""
        for process in processes:
            self._kept.append(KeptProcess(process, self._screen, self._cwd, time.monotonic()))

    def until_ready(self) -> None:
        """Return when all of them are; says what it waits for when that takes long."""
        remark_at = time.monotonic() + _PATIENCE_SECONDS
        while waiting := [kept for kept in self._kept if not kept.is_ready]:
            self._turn()
            if time.monotonic() >= remark_at:
                self._screen.say("still waiting for " + ", ".join(kept.waits_for for kept in waiting))
                remark_at += _PATIENCE_SECONDS

    def until_stopped(self) -> None:
        """Look after everything until somebody wants to stop, which ends this as StartAbandonedError does."""
        while True:
            self._turn()

    def stop(self) -> None:
        """Stop everything: the programs together, then the engines, then whatever they left behind."""
        self._stop_attempts(self._attempts())
        for kept in reversed(self._engines):
            kept.engine.stop(hurry=self._signals.hurried)
        orphans.end_all()

    def _turn(self) -> None:
        self._wait_and_listen(_TURN_SECONDS)
        if self._signals.wished:
            raise StartAbandonedError
        now = time.monotonic()
        for engine in self._engines:
            engine.tend(now, self._go_on)
        for kept in self._kept:
            kept.tend(now)
        orphans.reap(self._is_held)

    def _go_on(self) -> bool:
        """What an engine asks while it starts: the others are listened to in the meantime."""
        self._wait_and_listen(0)
        return not self._signals.wished

    def _wait_and_listen(self, seconds: float) -> None:
        pipes = [attempt.fd for attempt in self._attempts() if attempt.fd is not None]
        select.select([self._signals.fd, *pipes], [], [], seconds)
        self._signals.drain()
        for kept in self._kept:
            kept.listen()
        if self._task is not None:
            self._task.listen()

    def _stop_attempts(self, attempts: list[Attempt]) -> None:
        running = [attempt for attempt in attempts if attempt.returncode() is None]
        for attempt in running:
            attempt.child.ask_to_stop()
        give_up = time.monotonic() + _STOP_SECONDS
        while running and time.monotonic() < give_up and not self._signals.hurried:
            self._wait_and_listen(_TURN_SECONDS / 2)
            running = [attempt for attempt in running if attempt.returncode() is None]
        for attempt in running:
            attempt.child.kill()
            attempt.returncode()

    def _attempts(self) -> list[Attempt]:
        return [kept.attempt for kept in self._kept] + ([self._task] if self._task else [])

    def _is_held(self, pid: int) -> bool:
        engines = [kept.engine.child.pid for kept in self._engines if kept.engine.child is not None]
        return pid in engines or any(pid == attempt.child.pid for attempt in self._attempts())
