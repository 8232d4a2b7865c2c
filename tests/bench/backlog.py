"""A million jobs waiting: made once in a run, for every benchmark that wants them."""

import psycopg

from tests.bench import seeding
from tests.bench.scene import Scene

MILLION = "million"  # the database that holds it
WAITING, QUICK_WAITING = 1_000_000, 100_000


def make(scene: Scene, url: str, waiting: int) -> None:
    """Fill the ledger at `url` unless an earlier benchmark of this run has done so."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('crowd')").fetchone()
    if row is None or row[0] is None:
        scene.prepare(f"making a backlog of {waiting:,} jobs")
        seeding.fill(scene.stack.admin_url(url), waiting, "waiting")
