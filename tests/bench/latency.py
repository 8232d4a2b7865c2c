"""S5: how long from a sign-up's commit to the provider's first byte, idle and with 200 sign-ups arriving each second.

Measured from outside: the commit is the `created_at` the API answered with (the transaction's start, so the commit itself
is inside the figure), the first byte is when the sandbox wrote the effect into its journal, which it does before it
answers. Same machine, same clock. The yardstick, plain Celery, starts its clock right before `delay()`: it has no
commit to wait for, no web server beside it, and one job for each sign-up where Usher has two.
"""

from collections.abc import Mapping

from tests.bench import rivals, seeding
from tests.bench.contender import Contender, ContenderError
from tests.bench.drain import moment, watch
from tests.bench.scene import Scene
from tests.bench.spread import number, percentile
from tests.bench.stack import WEBAPP
from tests.bench.table import Figure, Table
from tests.bench.visitors import visit

PACES = {"idle": 10, "200/s": 200}  # sign-ups per second; at ten, each finds everything at rest
PROVIDERS = {"listmonk": "newsletter", "smtp": "mail"}
CONNECTIONS = 32
USHER = "Usher"
PREFORK = "Usher, prefork"  # for orientation, in the first round
PREFORK_OPTIONS = ("--pool", "prefork", "--concurrency", "8")
MOST_S = 30.0
QUICK = ("plain Celery, prefork", "plain Celery, threads")
P50, P95 = "p50 ms", "p95 ms"


def run(scene: Scene) -> Table:
    """Sign up at each pace, with each contender in turn, and look when each effect arrived."""
    seconds = 3 if scene.quick else 4
    what = f"ms from commit to the provider's first byte, {seconds} s at each pace"
    table = Table("S5", what, scene.rounds, headline=P95)
    contenders = rivals.line_up(scene, table, quick=QUICK)
    for turn in scene.each_round(1 + len(contenders), once=1):
        scene.step(USHER)
        _usher(scene, table, USHER, (), seconds, turn)
        if turn == 1:
            scene.step(PREFORK)
            _usher(scene, table, PREFORK, PREFORK_OPTIONS, seconds, turn)
        for contender in contenders:
            scene.step(contender.name)
            try:
                _peer(scene, table, contender, seconds, turn)
            except ContenderError as error:
                rivals.record_failure(table, contender.name, P95, error)
    for pace in PACES:
        _judge(table, pace, [contender.name for contender in contenders])
    return table


def _usher(scene: Scene, table: Table, row: str, options: tuple[str, ...], seconds: float, turn: int) -> None:
    stack = scene.stack
    url = stack.database("latency")
    seeding.empty(stack.admin_url(url))
    with (
        stack.running(stack.worker(*options), DATABASE_URL=url),
        stack.serving(WEBAPP, DATABASE_URL=url) as web,
    ):
        stack.wait_for_worker(url)
        for pace, per_second in PACES.items():
            _clear(scene)
            warm = visit(web, "open", per_second, 1, f"warm{turn}-{per_second}-")
            visits = visit(web, "open", per_second, seconds, f"visit{turn}-{per_second}-")
            started = {address: moment({"at": at}) for address, at in visits.committed.items()}
            for provider, channel in PROVIDERS.items():
                watch(stack.sandbox, provider, warm.accepted + visits.accepted, within_s=MOST_S)
                _record(scene, table, f"{row}, {pace}, {channel}", provider, started)


def _peer(scene: Scene, table: Table, contender: Contender, seconds: float, turn: int) -> None:
    place = rivals.ground(scene, "listmonk", CONNECTIONS)
    contender.clear(place)
    with contender.working(place, within_s=4 * MOST_S) as working:
        for pace, per_second in PACES.items():
            _clear(scene)
            warm = seeding.addresses(per_second, f"warm{turn}-{per_second}-")
            contender.send(place, warm, per_second=per_second)
            wanted = seeding.addresses(int(per_second * seconds), f"visit{turn}-{per_second}-")
            started = contender.send(place, wanted, per_second=per_second)
            total = len(warm) + len(wanted)
            watch(scene.stack.sandbox, place.provider, total, within_s=MOST_S, check=working.check)
            _record(scene, table, f"{contender.name}, {pace}", place.provider, started)


def _record(scene: Scene, table: Table, row: str, provider: str, started: Mapping[str, float]) -> None:
    arrived = {_address(effect): moment(effect) for effect in scene.stack.sandbox.journal(provider, brief=True)}
    took = [1000 * (arrived[address] - since) for address, since in started.items() if address in arrived]
    table.add(Figure(row, P50, percentile(took, 50)))
    table.add(Figure(row, P95, percentile(took, 95)))
    table.add(Figure(row, "missing", len(started) - len(took)))


def _clear(scene: Scene) -> None:
    for provider in PROVIDERS:
        scene.stack.sandbox.clear(provider)


def _address(effect: Mapping[str, object]) -> str:
    """A mail's key is its Message-ID."""
    to = effect.get("to")
    return str(to[0]) if isinstance(to, list) and to else str(effect["key"])


def _judge(table: Table, pace: str, peers: list[str]) -> None:
    row = f"{USHER}, {pace}, newsletter"
    p50, p95 = table.median(row, P50), table.median(row, P95)
    table.judge(f"{pace}: p50 ≤ 15 ms", f"{number(p50)} ms", met=p50 <= 15)
    table.judge(f"{pace}: p95 ≤ 30 ms", f"{number(p95)} ms", met=p95 <= 30)
    for peer in peers:
        ratios = p50 / table.median(f"{peer}, {pace}", P50), p95 / table.median(f"{peer}, {pace}", P95)
        found = f"{ratios[0]:.2f} times at the median, {ratios[1]:.2f} times at p95"
        table.judge(f"{pace}: ≤ 1.5 times {peer}", found, met=max(ratios) <= 1.5)
