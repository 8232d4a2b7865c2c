"""Something that is kept alive: started again when it dies, with pauses that grow.

Separate because "a process whose death needs a person" must be impossible, and that is decided here alone, for
programs and for engines.

It must never give up on something that has once been ready; it does on something that never was, because then the
person in front of the screen can do something about it.
"""

import os
from collections.abc import Callable
from pathlib import Path

from embedded.attempt import Attempt
from embedded.child import describe_end
from embedded.engine import Engine
from embedded.errors import StartError
from embedded.processes import Process
from embedded.readiness import Answers, Says
from embedded.screen import Screen

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
# What has lived this long died of something new, so it starts again at the first pause.
_WELL_AFTER = 60.0
_DEATHS_UNREADY = 3
_PROBE_EVERY = 0.1


class Pauses:
    """How long to wait before the next start: 0.25, 0.5, 1, 2 ... 30 seconds for deaths in quick succession."""

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE

    def after(self, lived: float) -> float:
        """The pause after a death that came `lived` seconds after its start."""
        pause = _FIRST_PAUSE if lived >= _WELL_AFTER else self._next
        self._next = min(pause * 2, _LONGEST_PAUSE)
        return pause


class KeptProcess:
    """A program of the table. `now` is always the monotonic clock's."""

    def __init__(self, process: Process, screen: Screen, cwd: Path, now: float) -> None:
        self.name = process.name
        self.is_ready = False
        self._process = process
        self._screen = screen
        self._cwd = cwd
        self._pauses = Pauses()
        self._was_ready = False
        self._deaths = 0
        self._due: float | None = None
        self._next_probe = 0.0
        self._begin(now)

    @property
    def waits_for(self) -> str:
        """What has to happen before it counts as ready."""
        return f"{self.name} ({self._process.ready})"

    def tend(self, now: float) -> None:
        """Look after it once. Raises StartError when it will not come up at all."""
        self.listen()
        code = self.attempt.returncode()
        if code is None:
            self._look_for_readiness(now)
        elif self._due is None:
            self._plan_next(code, now)
        elif now >= self._due:
            self._begin(now)

    def listen(self) -> None:
        """Show what it has printed."""
        lines = self.attempt.listen()
        sign = self._process.ready
        if isinstance(sign, Says) and not self.is_ready and any(map(sign.seen_in, lines)):
            self._become_ready()

    def _begin(self, now: float) -> None:
        self._due = None
        self._started = now
        self.is_ready = False
        self.attempt = Attempt(self._process, self._screen, self._cwd)

    def _look_for_readiness(self, now: float) -> None:
        sign = self._process.ready
        if isinstance(sign, Answers) and not self.is_ready and now >= self._next_probe:
            self._next_probe = now + _PROBE_EVERY
            if sign.holds():
                self._become_ready()

    def _become_ready(self) -> None:
        if self._was_ready:
            self._screen.say(f"{self.name} is back")
        self.is_ready = self._was_ready = True

    def _plan_next(self, code: int, now: float) -> None:
        self._deaths += 1
        if not self._was_ready:
            self._judge_the_unready(code)
        pause = self._pauses.after(now - self._started)
        self._due = now + pause
        self.is_ready = False
        self._screen.say(f"{self.name} ended ({describe_end(code)}); starting it again in {pause:g} s")

    def _judge_the_unready(self, code: int) -> None:
        lines = list(self.attempt.last_lines)
        if code == os.EX_CONFIG:  # a bad variable does not become a good one by waiting
            raise StartError(self.name, "its settings were refused", lines)
        if self._deaths >= _DEATHS_UNREADY:
            raise StartError(self.name, f"ended {self._deaths} times before it was ready ({describe_end(code)})", lines)


class KeptEngine:
    """An engine that has been started; started again, at the same address, when it dies."""

    def __init__(self, engine: Engine, screen: Screen, now: float) -> None:
        self.engine = engine
        self._screen = screen
        self._pauses = Pauses()
        self._started = now
        self._due: float | None = None

    def tend(self, now: float, while_waiting: Callable[[], bool]) -> None:
        """Look after it once; may take as long as its start, during which `while_waiting` is called."""
        if self.engine.is_running:
            return
        if self._due is None:
            self._plan_next(f"ended ({self.engine.end})", now)
        elif now >= self._due:
            self._start_again(now, while_waiting)

    def _start_again(self, now: float, while_waiting: Callable[[], bool]) -> None:
        self._started, self._due = now, None
        try:
            self.engine.start(while_waiting)
        except StartError as error:
            self._plan_next(f"does not start ({error})", now)
        else:
            self._screen.say(f"{self.engine.name} is back")

    def _plan_next(self, what: str, now: float) -> None:
        pause = self._pauses.after(now - self._started)
        self._due = now + pause
        self._screen.say(f"{self.engine.name} {what}; starting it again in {pause:g} s")
