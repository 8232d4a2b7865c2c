"""Servers that do what no sandbox should: answer half, answer nonsense, go silent in the middle of a handshake.

Separate from the sandbox, because that one is for people as well and behaves as real providers do.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self

Talk = Callable[[socket.socket], None]

HELLO = {
    "greeting": b"220 rude.example ESMTP\r\n",
    "EHLO": b"250 rude.example\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go ahead\r\n",
    ".": b"250 2.0.0 Ok: queued as RUDE01\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}
"""A server's part in a dialogue that goes well."""


class RudeServer:
    """Listens on a port of its own and has `talk` speak with each caller, in a thread each; hangs up when it returns."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._callers: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]

    @property
    def calls(self) -> int:
        """How many have connected so far."""
        return len(self._callers)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in (self._listener, *self._callers):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self._callers.append(caller)
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError):
            self._talk(caller)


def one_after_another(*talks: Talk) -> Talk:
    """The first caller gets the first of them, and so on."""
    turns = iter(talks)

    def talk(caller: socket.socket) -> None:
        next(turns)(caller)

    return talk


def lines(caller: socket.socket) -> Iterator[bytes]:
    """What the caller says, line by line, until it hangs up."""
    with caller.makefile("rb") as heard:
        yield from heard


def http_answer(body: bytes, status: str = "200 OK", headers: str = "", *, cut: int | None = None) -> Talk:
    """Answers each request on the connection so; `cut`: hang up after so many bytes of the first body."""

    def talk(caller: socket.socket) -> None:
        length = 0
        for line in lines_and_bodies(caller):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            elif line == b"\r\n":
                caller.settimeout(5)
                read_exactly(caller, length)
                head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
                caller.sendall(head.encode() + body[:cut])
                if cut is not None:
                    return
                length = 0

    return talk


def lines_and_bodies(caller: socket.socket) -> Iterator[bytes]:
    """Lines read a byte at a time, so that what follows them is still there to be read."""
    line = b""
    while byte := caller.recv(1):
        line += byte
        if byte == b"\n":
            yield line
            line = b""


def read_exactly(caller: socket.socket, length: int) -> None:
    """Read a body and forget it."""
    while length > 0 and (part := caller.recv(length)):
        length -= len(part)


def smtp_dialogue(changes: Mapping[str, bytes | None], *, heard: list[bytes] | None = None) -> Talk:
    """Speaks SMTP with some answers changed; None hangs up, and b"" keeps the caller waiting."""
    answers: dict[str, bytes | None] = {**HELLO, **changes}

    def talk(caller: socket.socket) -> None:
        caller.sendall(answers["greeting"] or b"")
        writing = False
        for line in lines(caller):
            if heard is not None:
                heard.append(line)
            if writing and line != b".\r\n":
                continue
            verb = "." if writing else line[:4].decode("ascii", "replace").strip().upper()
            reply = answers.get(verb, b"502 5.5.1 what?\r\n")
            if reply is None:
                return
            writing = verb == "DATA" and reply.startswith(b"354")
            caller.sendall(reply)
            if reply and not reply.endswith(b"\r\n"):
                return  # half a reply, and then nothing

    return talk
