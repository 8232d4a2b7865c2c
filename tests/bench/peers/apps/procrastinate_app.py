"""Procrastinate: jobs in PostgreSQL, in a schema of their own; woken by NOTIFY as by default; retried with backoff.

`python -m tests.bench.peers.apps.procrastinate_app CONCURRENCY` is the worker. It is `procrastinate worker` but for one
line: the thread pool for synchronous tasks, which asyncio makes no wider than the cores plus four, is as wide as asked.
"""

import asyncio
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from procrastinate import App, PsycopgConnector, RetryStrategy

from tests.bench.peers.apps import call, ready

SCHEMA = "bench_procrastinate"
BATCH = 1000

app = App(
    connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"], kwargs={"options": f"-c search_path={SCHEMA}"})
)


@app.task(name="subscribe", retry=RetryStrategy(max_attempts=20, wait=1))
def subscribe(address: str) -> None:
    """One call."""
    call.deliver(address)


def prepare() -> None:
    """Its tables, anew."""
    with app.open():
        connector = app.connector.get_sync_connector()
        connector.execute_query(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connector.execute_query(f"CREATE SCHEMA {SCHEMA}")
        app.schema_manager.apply_schema()


def enqueue(addresses: list[str]) -> None:
    """In bulk, `BATCH` jobs in a statement."""
    with app.open():
        for first in range(0, len(addresses), BATCH):
            subscribe.batch_defer(*({"address": one} for one in addresses[first : first + BATCH]))


async def _work(concurrency: int) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency))
    async with app.open_async():
        ready.say()
        await app.run_worker_async(concurrency=concurrency)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_work(int(sys.argv[1])))
