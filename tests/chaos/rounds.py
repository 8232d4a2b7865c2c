"""One round: start a cluster, let people sign up while it is being broken, mend everything, wait, count.

Separate from the command, because `make test` plays a short one as well. It must never judge before the system has had
its time, nor give it time for ever.
"""

import threading
import time
from pathlib import Path

from embedded.readiness import Answers
from tests.chaos import drain, storm, verdict
from tests.chaos.cluster import Cluster, running
from tests.chaos.load import Answer, Load
from tests.chaos.outcome import Orders, Outcome
from tests.chaos.strikes import Strikes
from tests.chaos.systems import System
from tests.chaos.takeovers import Incident

LOOK_S = 0.1
START_S = 60.0


def play(system: System, orders: Orders, folder: Path, *, most_s: float) -> Outcome:
    """Play a round with its logs in `folder`; ends within `most_s` seconds and the start and stop of a cluster."""
    with running(system, orders.pools, folder) as cluster:
        until_it_answers(cluster)
        give_up = time.monotonic() + most_s
        load = Load(cluster.at.web_port, seed=orders.seed, count=orders.signups, rate=orders.rate)
        strikes = Strikes(cluster, latency_ms=orders.latency_ms)
        strikes.none()
        began, began_unix = time.monotonic(), time.time()
        load.start()
        try:
            storm.play(orders.faults, strikes, began=began)
            load.join(give_up)
            drained_s = drain.until_done(cluster, most_s=max(0.0, give_up - time.monotonic()))
        finally:
            load.stop()
        return count(cluster, orders, load, strikes, began=began_unix, drained_s=drained_s)


def until_it_answers(cluster: Cluster) -> None:
    """Until the web takes requests; its workers may come later, as they may in life."""
    answers = Answers(f"http://127.0.0.1:{cluster.at.web_port}/livez")
    pause = threading.Event()
    give_up = time.monotonic() + START_S
    while not answers.holds():
        if time.monotonic() > give_up:
            raise RuntimeError(f"the web of {cluster.system.name} does not answer; see web.log in {cluster.folder}")
        pause.wait(LOOK_S)


def count(cluster: Cluster, orders: Orders, load: Load, strikes: Strikes, *, began: float, drained_s: float) -> Outcome:
    """Judge what is there now."""
    visits = load.visits
    told = {visit.address for visit in visits if visit.answer is Answer.ACCEPTED}
    journals = {provider: cluster.sandbox.journal(provider, brief=True) for provider in verdict.EFFECTS}
    judgement = verdict.judge(told, cluster.system.standings(cluster.at), verdict.effects_in(journals))
    incident = Incident(orders.faults, strikes.blows, began)
    programs = cluster.platform.all()
    return Outcome(
        system=cluster.system.name,
        orders=orders,
        visits=visits,
        judgement=judgement,
        missed=strikes.missed,
        drained_s=drained_s,
        starts=sum(program.starts for program in programs),
        orphans=sum(program.orphans for program in programs),
        testimony=cluster.system.testify(cluster.at, incident, judgement.offenders),
    )
