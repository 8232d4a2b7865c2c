"""`python -m tests.bench.load URL SECONDS CONNECTIONS`: closed-loop sign-ups, counted by their answers. Loopback only.

A process of its own, so that the server measured does not share an interpreter with its load. Prints one line of JSON:
answers by status, sign-ups per second, and the times to answer.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import time
import uuid

import aiohttp

MOST_SECONDS = 60


async def _sign_up(
    url: str, ends: float, session: aiohttp.ClientSession, times: list[float], statuses: dict[str, int]
) -> None:
    while time.monotonic() < ends:
        body = {"email": f"{uuid.uuid4().hex}@example.org", "name": "Ada"}
        started = time.monotonic()
        try:
            async with session.post(f"{url}/api/v1/signups", json=body) as answer:
                await answer.read()
                status = str(answer.status)
        except aiohttp.ClientError as error:
            status = type(error).__name__
        times.append(time.monotonic() - started)
        statuses[status] = statuses.get(status, 0) + 1


async def _hold(url: str, session: aiohttp.ClientSession, opened: asyncio.Semaphore) -> None:
    async with session.get(f"{url}/bench/hold") as stream:
        await stream.content.readany()
        opened.release()
        await asyncio.Event().wait()


async def _opened(opened: asyncio.Semaphore, wanted: int) -> int:
    """How many of the streams have opened, after ten seconds at the latest."""
    found = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            for count in range(wanted):
                await opened.acquire()
                found = count + 1
    return found


async def measure(url: str, seconds: float, connections: int, held: int) -> dict[str, object]:
    """Hold `held` streams open, and meanwhile sign up over `connections` connections for `seconds`."""
    times: list[float] = []
    statuses: dict[str, int] = {}
    opened = asyncio.Semaphore(0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        holders = [asyncio.create_task(_hold(url, session, opened)) for _ in range(held)]
        streams = await _opened(opened, held)
        ends = time.monotonic() + min(seconds, MOST_SECONDS)
        started = time.monotonic()
        senders = [asyncio.create_task(_sign_up(url, ends, session, times, statuses)) for _ in range(connections)]
        _, stuck = await asyncio.wait(senders, timeout=seconds + 10)
        took = time.monotonic() - started
        for task in (*holders, *stuck):
            task.cancel()
    times.sort()
    return {
        "statuses": statuses,
        "per_second": statuses.get("202", 0) / took,
        "held": streams,
        "p50_ms": 1000 * statistics.median(times) if times else None,
        "p99_ms": 1000 * times[int(0.99 * (len(times) - 1))] if times else None,
    }


if __name__ == "__main__":
    found = asyncio.run(measure(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    print(json.dumps(found))  # noqa: T201  # the benchmark reads it
