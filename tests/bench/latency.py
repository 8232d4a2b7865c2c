"""How long from a sign-up's commit to the effect at the provider, with nothing else to do.

Measured from outside: the commit is the `created_at` the API answered with (the transaction's start, so the commit itself
is inside the figure), the effect is when the sandbox wrote it into its journal. Same machine, same clock.
"""

import time
import uuid
from datetime import datetime

import requests

from tests.bench.stack import BIN, Stack, started, until
from tests.bench.table import Figure, Table

SIGN_UPS = 50
PACE_S = 0.2
PROVIDERS = {"listmonk": "newsletter", "smtp": "email"}


def run(*, quick: bool) -> Table:
    """Sign up, one at a time, and look when each effect arrived."""
    count = 15 if quick else SIGN_UPS
    table = Table("latency", f"ms from commit to the sandbox's journal, idle, {count} sign-ups one at a time", count)
    with started() as stack:
        web = [str(BIN / "gunicorn"), "--config", "config/gunicorn.py", "webapp.app:create_app()"]
        for pool in ("threads", "prefork"):
            worker = [str(BIN / "celery"), "-A", "workers", "worker", "--pool", pool, "--concurrency", "8"]
            with stack.running(web), stack.running(worker):
                stack.wait_for_web()
                stack.wait_for_worker()
                _measure(table, stack, pool, count)
    return table


def _measure(table: Table, stack: Stack, pool: str, count: int) -> None:
    stack.sandbox.clear("listmonk")
    stack.sandbox.clear("smtp")
    committed: dict[str, datetime] = {}
    for number in range(count + 3):
        address = f"{uuid.uuid4().hex}@example.org"
        answer = requests.post(f"{stack.url}/api/v1/signups", json={"email": address}, timeout=5)
        answer.raise_for_status()
        if number >= 3:  # the first few warm connections up
            committed[address] = datetime.fromisoformat(answer.json()["created_at"])
        time.sleep(PACE_S)
    for provider, channel in PROVIDERS.items():
        until(lambda provider=provider: len(stack.sandbox.journal(provider, brief=True)) >= count + 3, provider)
        for effect in stack.sandbox.journal(provider, brief=True):
            address = effect["key"] if provider == "listmonk" else effect["to"][0]
            if address in committed:
                took = datetime.fromisoformat(effect["at"]) - committed[address]
                table.add(Figure(f"{pool}, {channel}", "ms", 1000 * took.total_seconds()))
