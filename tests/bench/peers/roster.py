"""Who takes part. A new peer is one file and one line here."""

from tests.bench.contender import Contender
from tests.bench.peers.bullmq_peer import Bullmq
from tests.bench.peers.celery_peer import GeventCelery, PreforkCelery, ThreadsCelery
from tests.bench.peers.dramatiq_peer import Dramatiq
from tests.bench.peers.huey_peer import GreenletHuey, ThreadHuey
from tests.bench.peers.procrastinate_peer import Procrastinate
from tests.bench.peers.rq_peer import Rq
from tests.bench.peers.taskiq_peer import Taskiq

ALL = (
    PreforkCelery,
    ThreadsCelery,
    GeventCelery,
    Dramatiq,
    ThreadHuey,
    GreenletHuey,
    Rq,
    Taskiq,
    Procrastinate,
    Bullmq,
)


def contenders(scenario: str | None = None) -> list[Contender]:
    """Those that take part in a scenario, or all; plain Celery first."""
    return [one() for one in ALL if scenario is None or scenario in one.scenarios]
