"""What a person sees while everything runs: each process's lines behind its name, and our own.

Separate because whoever reads us must never hold us up. A pager that is not scrolled, or a program that stopped reading
its pipe, would otherwise block the supervisor in a write, and Ctrl-C with it: what cannot be written soon is dropped
and counted.

It must never keep more than one line at a time.
"""

import os
import select
from collections.abc import Mapping, Sequence

OWN_NAME = "usher"

_COLOURS = ("36", "33", "35", "32", "34", "31")
_RESET, _BOLD = "\033[0m", "\033[1m"
# A pipe that poll() calls writable takes this much without blocking (PIPE_BUF on Linux; elsewhere 512 or more).
_CHUNK = 4096 if os.uname().sysname == "Linux" else 512
_PATIENCE_SECONDS = 0.5


class Screen:
    """Lines to the file descriptor `fd`, prefixed with one of `names`, in colour where `colour` says so."""

    def __init__(self, fd: int, names: Sequence[str], *, colour: bool) -> None:
        self._fd = fd
        self._patience = _PATIENCE_SECONDS
        self._dropped = 0
        width = max(len(name) for name in (*names, OWN_NAME))
        codes = {name: _COLOURS[n % len(_COLOURS)] for n, name in enumerate(names)} | {OWN_NAME: "1"}
        self._prefixes = {
            name: f"\033[{code}m{name:<{width}} |{_RESET} " if colour else f"{name:<{width}} | "
            for name, code in codes.items()
        }
        self._colour = colour

    def line(self, name: str, text: str) -> None:
        """One line of the process `name`, or, for OWN_NAME, of the supervisor."""
        self._write(f"{self._prefixes.get(name, name + ' | ')}{text}\n")

    def say(self, text: str) -> None:
        """One line of our own."""
        self.line(OWN_NAME, text)

    def block(self, text: str) -> None:
        """Several lines without a prefix, so that they can be copied; the first in bold where there is colour."""
        head, _, rest = text.partition("\n")
        self._write(f"\n{_BOLD}{head}{_RESET}\n{rest}\n\n" if self._colour else f"\n{text}\n\n")

    def _write(self, text: str) -> None:
        if self._dropped and self._put(
            f"{self._prefixes[OWN_NAME]}{self._dropped} lines were not shown: nobody read them\n"
        ):
            self._dropped = 0
        if self._dropped or not self._put(text):
            self._dropped += 1

    def _put(self, text: str) -> bool:
        """Write it all, or give up as soon as the reader keeps us waiting."""
        data = text.encode(errors="replace")
        try:
            while data:
                if not self._is_writable():
                    return False
                data = data[os.write(self._fd, data[:_CHUNK]) :]
        except OSError:  # the reader is gone, which is no reason to stop serving
            return False
        return True

    def _is_writable(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        ready = bool(poll.poll(self._patience * 1000))
        # Once somebody has kept us waiting, no second wait until they read again.
        self._patience = _PATIENCE_SECONDS if ready else 0.0
        return ready


def wants_colour(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Colour only on a terminal, and not where NO_COLOR (no-color.org) holds anything or the terminal is dumb."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
