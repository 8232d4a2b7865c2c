"""S3: jobs drained per second at a provider that takes hundreds in one call, Usher beside everybody else.

Usher's jobs wait in its ledger, and its rate is the ledger's: from the first claim to the last finish. The peers' jobs
wait in their queues, one job a message and one call a job, since none of them can put jobs together; their rate is the
provider's: from the first effect to the last. Neither counts the start of a worker. Lost and repeated are counted at
the provider for all.
"""

from contextlib import ExitStack

from tests.bench import rivals, seeding
from tests.bench.contender import ContenderError
from tests.bench.drain import Drain, ledgered, watch
from tests.bench.scene import Scene
from tests.bench.spread import number
from tests.bench.table import Table

PROVIDER = "mailchimp"
CONNECTIONS = 10  # Mailchimp's, for the whole account
JOBS, QUICK_JOBS = 50_000, 30_000
SECONDS, QUICK_SECONDS = 5.0, 4.0  # how long a peer's drain should last
MOST_S = 90.0
RATE = "jobs/s"
USHER = "Usher"
TWO = "Usher, 2 workers"  # for orientation, in the first round: on two cores there is nothing left for a second
QUICK = ("plain Celery, prefork", "Dramatiq", "BullMQ")


def run(scene: Scene) -> Table:
    """Drain in turn."""
    table = Table("S3", "jobs drained per second at a bulk provider, all waiting at the start", scene.rounds)
    contenders = rivals.line_up(scene, table, quick=QUICK)
    place = rivals.ground(scene, PROVIDER, CONNECTIONS)
    seconds = QUICK_SECONDS if scene.quick else SECONDS
    for turn in scene.each_round(1 + len(contenders), once=1):
        scene.step(USHER)
        rivals.record(table, USHER, RATE, usher(scene, f"usher{turn}-"))
        if turn == 1:
            scene.step(TWO)
            rivals.record(table, TWO, RATE, usher(scene, f"two{turn}-", workers=2))
        for contender in contenders:
            scene.step(contender.name)
            count = rivals.enough_for(table.median(contender.name, RATE), seconds)
            try:
                found = rivals.drain(scene, contender, place, count, f"peer{turn}-")
                rivals.record(table, contender.name, RATE, found)
            except ContenderError as error:
                rivals.record_failure(table, contender.name, RATE, error)
    _judge(table, [contender.name for contender in contenders])
    return table


def usher(scene: Scene, prefix: str, *options: str, workers: int = 1, **environment: str) -> Drain:
    """Every job waiting in the ledger, then so many workers of the Procfile's, with further options."""
    stack = scene.stack
    url, count = stack.database("bulk"), QUICK_JOBS if scene.quick else JOBS
    expected = seeding.fill(stack.admin_url(url), count, prefix)
    stack.sandbox.clear(PROVIDER)
    settings = {"DATABASE_URL": url, "NEWSLETTER_DSN": stack.newsletter_dsn(PROVIDER)} | environment
    with ExitStack() as running:
        for place in range(workers):
            command = stack.worker("-Q", "newsletter", "-n", f"bench-{place}@%h", *options)
            running.enter_context(stack.running(command, **settings))
        watch(stack.sandbox, PROVIDER, count, within_s=MOST_S)
    return ledgered(url, stack.sandbox.journal(PROVIDER, brief=True), expected)


def _judge(table: Table, peers: list[str]) -> None:
    usher = table.median(USHER, RATE)
    table.judge("≥ 10,000 jobs/s", f"{number(usher)} jobs/s", met=usher >= 10_000)
    _, celery = rivals.best(table, RATE, [peer for peer in peers if peer.startswith(rivals.BASELINE)])
    table.judge("≥ 15 times plain Celery", f"{usher / celery:.1f} times", met=usher >= 15 * celery)
    name, fastest = rivals.best(table, RATE, peers)
    table.judge("ahead of every peer", f"{usher / fastest:.1f} times {name}, the fastest of them", met=usher > fastest)
