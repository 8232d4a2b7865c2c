"""S2: sign-ups accepted per second at saturation, beside a handler that does one INSERT and nothing else.

The same server, the same Flask, the same pool, the same database: what is between the two figures is what Usher does
for a sign-up beyond storing a row. No worker runs: what a sign-up owes waits in the ledger.
"""

from tests.bench import seeding
from tests.bench.scene import Scene
from tests.bench.spread import percentile
from tests.bench.stack import WEBAPP
from tests.bench.table import Figure, Table
from tests.bench.visitors import visit

CONNECTIONS = 32
USHER = "Usher"
ONE_INSERT = "one INSERT"
RATE = "sign-ups/s"


def run(scene: Scene) -> Table:
    """Measure the two in turn."""
    seconds = 3 if scene.quick else 5
    table = Table("S2", f"sign-ups accepted per second, {CONNECTIONS} connections that never rest", scene.rounds)
    database = scene.stack.database("intake")
    modules = {USHER: WEBAPP, ONE_INSERT: "tests.bench.one_insert"}
    for turn in scene.each_round(len(modules)):
        for row, module in modules.items():
            scene.step(row)
            seeding.empty(scene.stack.admin_url(database))
            with scene.stack.serving(module, DATABASE_URL=database) as url:
                visit(url, "closed", CONNECTIONS, 1, f"warm{turn}-")
                visits = visit(url, "closed", CONNECTIONS, seconds, f"turn{turn}-")
            table.add(Figure(row, RATE, visits.accepted / visits.seconds))
            table.add(Figure(row, "p99 ms", percentile(visits.times_ms, 99)))
            table.add(Figure(row, "not accepted", visits.failed))
    share = table.median(USHER, RATE) / table.median(ONE_INSERT, RATE)
    table.judge("≥ 80 % of one INSERT", f"{100 * share:.0f} %", met=share >= 0.8)
    table.note("the load runs on the same cores as the server")
    return table
