"""Those who run beside Usher in a scenario: chosen, installed, introduced, and sent through one drain.

Separate, because three scenarios need the same peers in the same way. It must never tune anybody: how each is set up
is said in `tests.bench.peers`.
"""

from collections.abc import Collection

from tests.bench.contender import Contender, ContenderError, Ground
from tests.bench.drain import Drain, journalled, watch
from tests.bench.peers.roster import contenders
from tests.bench.scene import Scene
from tests.bench.seeding import addresses
from tests.bench.table import Figure, Table

REDIS = 5  # the number of the Redis database that is theirs
DATABASE = "rivals"
MOST_S = 60.0  # for one drain; who needs longer is measured by what was done until then
BASELINE = "plain Celery"  # how the names of its contenders begin
FIRST_COUNT, LEAST_COUNT, MOST_COUNT = 2_000, 500, 30_000


def line_up(scene: Scene, table: Table, *, quick: Collection[str]) -> list[Contender]:
    """The contenders of this benchmark, installed. `quick`: the names of those that a quick run is content with."""
    all_of_them = contenders(scene.name)
    chosen = [one for one in all_of_them if not scene.quick or one.name in quick]
    for contender in chosen:
        scene.prepare(f"installing {contender.name}")
        contender.install()
        table.note(f"{contender.name}: {contender.version()}; {contender.settings}")
    if left_out := [one.name for one in all_of_them if one not in chosen]:
        table.note(f"left out, because this was a quick run: {', '.join(left_out)}")
    return chosen


def ground(scene: Scene, provider: str, connections: int) -> Ground:
    """Where they run."""
    stack = scene.stack
    return Ground(stack.redis_url(REDIS), stack.database(DATABASE), provider, stack.sandbox.http_url, connections)


def drain(scene: Scene, contender: Contender, place: Ground, count: int, prefix: str, *, wave: int = 1) -> Drain:
    """Let it do `count` jobs that were waiting when its workers started. Raises ContenderError."""
    expected = addresses(count, prefix)
    contender.clear(place)
    scene.stack.sandbox.clear(place.provider)
    contender.enqueue(place, expected)
    with contender.working(place, within_s=MOST_S + 30) as working:
        watch(scene.stack.sandbox, place.provider, count, within_s=MOST_S, check=working.check)
    return journalled(scene.stack.sandbox.journal(place.provider, brief=True), expected, wave=wave)


def enough_for(per_second: float, seconds: float) -> int:
    """How many jobs keep somebody of this speed busy for so long; a guess where the speed is not known yet."""
    if not per_second > 0:  # NaN as well
        return FIRST_COUNT
    return int(max(LEAST_COUNT, min(MOST_COUNT, per_second * seconds)))


def record(table: Table, row: str, column: str, found: Drain) -> None:
    """A drain's line in the table."""
    table.add(Figure(row, column, found.per_second))
    table.add(Figure(row, "lost", found.lost))
    table.add(Figure(row, "repeated", found.repeated))


def best(table: Table, column: str, names: Collection[str]) -> tuple[str, float]:
    """Who has the highest figure, and which; nobody and NaN where no one has any."""
    found = [(name, table.median(name, column)) for name in names]
    return max((one for one in found if one[1] > 0), key=lambda one: one[1], default=("nobody", float("nan")))


def record_failure(table: Table, row: str, column: str, error: ContenderError) -> None:
    """It could not be made to run: that shows, and spoils nobody else's figures."""
    table.add(Figure(row, column, float("nan")))
    table.note(f"{row}: {error}")
