"""TCP ports of this machine: is one free, and which one to take.

Separate because the supervisor asks before it starts anything (a taken port must be one clear line and nothing
started) and the engines ask when they choose a port of their own.

It must never listen: a port is only tried and given back at once.
"""

import errno
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from embedded.errors import SettingError

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 1, 65535
_POLL_SECONDS = 0.05

# All three because a program may hold the port on one of them alone, and a browser asked for `localhost` tries ::1 first.
_ADDRESSES = ((socket.AF_INET, LOOPBACK), (socket.AF_INET, ""), (socket.AF_INET6, "::1"))


def parse_port(name: str, value: str) -> int:
    """The number in `value`; SettingError, naming the variable, when it is none or out of range."""
    if not (value.isascii() and value.isdigit()) or not LOWEST <= int(value[:6]) <= HIGHEST:
        raise SettingError(name, f"{value!r} is not a port; give a number from {LOWEST} to {HIGHEST}, e.g. {name}=8001")
    return int(value)


def refuse_duplicates(ports: Mapping[str, int]) -> None:
    """SettingError when two variables name the same port."""
    owners: dict[int, str] = {}
    for name, port in ports.items():
        if port in owners:
            raise SettingError(name, f"{port} is {owners[port]} as well; give each a port of its own")
        owners[port] = name


def refuse_taken(ports: Mapping[str, int], *, patience: float = 0) -> None:
    """SettingError for the first of these ports that another program holds, with one that is free.

    Waits up to `patience` seconds for those that are held to be given up.
    """
    give_up = time.monotonic() + patience
    while any(_try(port) == errno.EADDRINUSE for port in ports.values()) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)  # nobody tells when a stranger lets go of a port
    for name, port in ports.items():
        fault = _try(port)
        if fault == errno.EACCES:
            problem = f"{port} needs the rights of root; choose one above 1023, e.g. {name}={port + 8000} make run"
            raise SettingError(name, problem)
        if fault is not None:
            other = _free_near(port, set(ports.values()))
            problem = f"{port} is taken by another program; choose another, e.g. {name}={other} make run"
            raise SettingError(name, problem)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    return _try(port) is None


def free_port() -> int:
    """A port nobody listens on at this moment, chosen by the system."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        chosen: int = probe.getsockname()[1]
    return chosen


def kept_port(path: Path) -> int:
    """The port written in `path` if it is still free, else a free one, which is written there.

    So that an address copied from the screen is still right after a restart.
    """
    with suppress(OSError, ValueError):
        port = int(path.read_text(encoding="ascii"))
        if is_free(port):
            return port
    port = free_port()
    path.write_text(f"{port}\n", encoding="ascii")
    return port


def _try(port: int) -> int | None:
    """None when `port` can be bound on every loopback address, else the error number."""
    for family, address in _ADDRESSES:
        with suppress(OSError), socket.socket(family) as probe:
            # As every server does: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno in (errno.EADDRINUSE, errno.EACCES):
                    return error.errno
    return None


def _free_near(port: int, taken: set[int]) -> int:
    return next((p for p in range(port + 1, HIGHEST) if p not in taken and is_free(p)), 8001)
