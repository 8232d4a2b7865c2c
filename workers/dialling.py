"""Connecting to a provider, with the look-up of its name under the call's deadline like everything else.

Separate because HTTP and SMTP both need it, and because the system's resolver knows no time limit: with a name server
that does not answer it keeps its caller for half a minute. So a thread of its own asks it, once for all who wait for the
same name, and the answer serves for some seconds more: after an outage fifty calls connect at once.

It must never look a name up while nobody waits, nor hold on to an answer for long: providers move.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from workers import deadline

KEPT_S = 30.0  # as long as the shortest time to live in common use
SHORTEST_S = 0.001  # 0 would mean "do not block"
OWN_NAME_S = 1.0

T = TypeVar("T")

Address = tuple[int, int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it: family, type, protocol, canonical name, address."""


def dial(host: str, port: int, seconds: float) -> socket.socket:
    """Connect to the first of the name's addresses that answers, each within `seconds`; the socket keeps that time-out.

    All of it stays within the deadline the thread is under, which the socket is named to. Raises `socket.gaierror` for a
    name that is not known, `TimeoutError` where nobody answers in time, and other `OSError`s as they come.
    """
    limit = deadline.current() or deadline.Deadline(seconds)
    failure: OSError = socket.gaierror(socket.EAI_NONAME, "the name has no address")
    for address in _names.addresses(host, port, limit.left()):
        try:
            return _connect(address, min(seconds, limit.left()), limit)
        except OSError as error:  # the next address may do: a machine without IPv6 is given one first
            failure = error
    raise failure


def _connect(address: Address, seconds: float, limit: deadline.Deadline) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(max(SHORTEST_S, seconds))
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    limit.watch(sock)
    return sock


def own_name() -> str:
    """This machine's full name; empty where it has none, or the resolver is silent about it.

    It is asked once for a process, and nobody waits for the answer for longer than `OWN_NAME_S`.
    """
    with contextlib.suppress(OSError, UnicodeError):
        name = _names.own().result(OWN_NAME_S)
        return name if "." in name else ""
    return ""


class _Question:
    """A name that was asked for, and the answer when there is one."""

    def __init__(self, host: str, port: int) -> None:
        self.answer = _in_a_thread(lambda: _look_up(host, port))
        self._asked_at = time.monotonic()

    @property
    def serves(self) -> bool:
        """Whether its answer is still to come, or came a moment ago; a failure is asked again by the next who needs it."""
        if not self.answer.done():
            return True
        return self.answer.exception() is None and time.monotonic() - self._asked_at <= KEPT_S


class Names:
    """What the system's resolver has said of late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], _Question] = {}
        self._own: Future[str] | None = None

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[Address]:
        """The addresses of `host`. Raises `socket.gaierror`, or `TimeoutError` when there is no answer in time."""
        with self._lock:
            known = self._asked.get((host, port))
            question = known if known is not None and known.serves else self._ask(host, port)
        return question.answer.result(max(SHORTEST_S, seconds))

    def own(self) -> Future[str]:
        """The machine's own full name, now or later."""
        with self._lock:
            self._own = self._own or _in_a_thread(socket.getfqdn)
            return self._own

    def _ask(self, host: str, port: int) -> _Question:
        self._asked = {name: asked for name, asked in self._asked.items() if asked.serves}
        self._asked[host, port] = question = _Question(host, port)
        return question


def _look_up(host: str, port: int) -> Sequence[Address]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label that is too long, or empty
        raise socket.gaierror(socket.EAI_NONAME, "that is no name") from None


def _in_a_thread(ask: Callable[[], T]) -> Future[T]:
    """Ask something that may take its time: nobody has to wait for longer than they want to."""
    answer: Future[T] = Future()

    def wait() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it, whatever it is
            answer.set_exception(error)

    threading.Thread(target=wait, name="resolver", daemon=True).start()
    return answer


def _begin_anew() -> None:
    """In a child that was forked off: nobody is left there who would answer what was asked."""
    global _names  # noqa: PLW0603  # the one memory of the process, and this is another process
    _names = Names()


_names = Names()
os.register_at_fork(after_in_child=_begin_anew)
