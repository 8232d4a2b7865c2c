"""`python -m tests.bench.watchers URL`: many follow their sign-ups' streams at once. Loopback only.

Reads the sign-ups' ids from the first line of its input, as a JSON list, a connection for each, and prints `open` once each has
been told how things stand. Every event after that is kept with the moment in which it came; when its input ends, they are
printed as JSON: `[job, which move of the job, seconds since the epoch]`.

A process of its own, so that the server measured does not share an interpreter with its watchers.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import UUID

from tests.bench.stack import BIN, ROOT

ENTERING = 50  # who connect at once
HEAD_S = 30.0
Arrival = tuple[UUID, int, float]


class Crowd:
    """Watchers in a process of their own, all of them connected."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def arrivals(self) -> list[Arrival]:
        """End it, and return what has come."""
        out, _ = self._process.communicate(timeout=HEAD_S)
        return [(UUID(job), nth, at) for job, nth, at in json.loads(out)]


@contextmanager
def watching(url: str, signups: Sequence[UUID]) -> Iterator[Crowd]:
    """One watcher for each of the ids, which may repeat, for as long as the block lasts. Raises `RuntimeError` where one is refused."""
    command = [str(BIN / "python"), "-m", "tests.bench.watchers", url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([str(one) for one in signups]) + "\n")
            process.stdin.flush()
            if process.stdout.readline() != "open\n":
                raise RuntimeError("not everybody was let in to watch")
            yield Crowd(process)
        finally:
            process.kill()


async def _follow(
    address: tuple[str, int], signup: str, entering: asyncio.Semaphore, kept: list[tuple[float, bytes]]
) -> None:
    async with entering:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(f"GET /api/v1/signups/{signup}/events HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        async with asyncio.timeout(HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ConnectionRefusedError
            await reader.readuntil(b"event: signup")
    opened.release()
    while piece := await reader.read(65_536):
        kept.append((time.time(), piece))


opened = asyncio.Semaphore(0)


async def _main(url: str) -> None:
    parts = urlsplit(url)
    signups = json.loads(sys.stdin.readline())
    entering = asyncio.Semaphore(ENTERING)
    kept: list[list[tuple[float, bytes]]] = [[] for _ in signups]
    where = (parts.hostname or "", parts.port or 80)
    watchers = [
        asyncio.create_task(_follow(where, signup, entering, mine)) for signup, mine in zip(signups, kept, strict=True)
    ]
    for _ in signups:
        await asyncio.wait_for(opened.acquire(), HEAD_S)
    print("open", flush=True)  # noqa: T201  # the benchmark waits for it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for watcher in watchers:
        watcher.cancel()
    print(json.dumps([arrival for mine in kept for arrival in _sorted_out(mine)]))  # noqa: T201  # and reads it


def _sorted_out(kept: list[tuple[float, bytes]]) -> Iterator[tuple[str, int, float]]:
    """The moves in what one watcher was sent. An event counts from the moment its last byte came."""
    rest = b""
    for at, piece in kept:
        *blocks, rest = (rest + piece).split(b"\n\n")
        for block in blocks:
            fields = dict(line.partition(": ")[::2] for line in block.decode(errors="replace").splitlines())
            if fields.get("event") == "job":
                yield json.loads(fields["data"])["id"], int(fields["id"].partition(".")[0]), at


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
