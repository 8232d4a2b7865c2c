"""Workers and relays that are killed or stopped with work in their hands: nothing is lost and nothing is done twice.

"In the middle" is exact here: the providers have done what was asked and have not said so yet.
"""

import os
import signal
from collections.abc import Sequence
from uuid import UUID

import psutil
from pytest_celery import CeleryTestSetup

from ledger.states import FINAL, State
from tests.cluster.desk import PATIENCE_S, Desk, Signup
from tests.cluster.effects import Providers
from tests.cluster.nodes import UsherWorker, start_again
from tests.waiting import eventually

ENDED_S = 10  # what most platforms grant after SIGTERM
TAKEN_OVER_S = 8  # the promise: after a kill -9 the work is running elsewhere within this time
ORPHANED_S = 2
LONG_MS = 60_000  # no call here takes so long: mending a provider ends every wait


def in_the_middle(desk: Desk, providers: Providers, count: int) -> list[Signup]:
    """That many people whose jobs are all running and whose effects have all taken place, unanswered."""
    providers.break_("slow", latency_ms=LONG_MS)
    people: list[Signup] = []
    # One by one, or a busy machine would put several into one message, to go one after the other.
    for _ in range(count):
        people.append(desk.sign_up())
        under_way(desk, *people[-1].jobs)
    eventually(lambda: providers.each_once(people), within=PATIENCE_S)
    assert desk.states(job for one in people for job in one.jobs) == {State.RUNNING}
    return people


def under_way(desk: Desk, *jobs: UUID) -> UUID:
    """Wait until they are running; returns the first."""
    eventually(lambda: desk.states(jobs) == {State.RUNNING}, within=PATIENCE_S)
    return jobs[0]


def queues_of(worker: UsherWorker, desk: Desk, people: Sequence[Signup]) -> set[str]:
    """Of which queues the worker has jobs of these people in its hands."""
    return {desk.job(job).queue for one in people for job in one.jobs if desk.executor(job).pid == worker.pid}


def gone(processes: Sequence[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def in_doubt(desk: Desk, job: UUID) -> bool:
    """Whether it is a mail whose answer was lost with its worker: SMTP cannot tell, so a person decides."""
    return (desk.job(job).state, desk.job(job).error_code) == (State.UNKNOWN, "worker_lost_in_doubt")


def test_a_worker_killed_in_the_middle_is_taken_over_and_every_effect_is_had_once(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    people, odd = in_the_middle(desk, providers, 4), []
    # Redis serves whoever has waited longest, so two workers may get the newsletters and the mails by turns; another newsletter
    # between two people turns that round.
    while not (mixed := [one for one in celery_setup.worker_cluster if len(queues_of(one, desk, people)) == 2]):
        assert len(odd) < 4
        odd.append(under_way(desk, desk.sign_up_for("newsletter.subscribe")))
        people.append(desk.sign_up())
        under_way(desk, *people[-1].jobs)
    eventually(lambda: providers.each_once(people), within=PATIENCE_S)
    victim = mixed[0]
    (survivor,) = (one for one in celery_setup.worker_cluster if one is not victim)
    held = [job for one in people for job in one.jobs if desk.executor(job).pid == victim.pid]
    newsletters = [one.newsletter for one in people if one.newsletter in held]
    mails = [one.email for one in people if one.email in held]
    assert newsletters
    assert mails
    family = victim.family()
    assert len(family) == 2, "the worker and its relay"
    victim.kill()
    eventually(lambda: gone(family), within=ORPHANED_S)
    providers.mend()
    desk.wait_until_final(*held, within=TAKEN_OVER_S)
    assert {desk.executor(one).pid for one in newsletters} == {survivor.pid}
    assert {(desk.job(one).state, desk.job(one).attempts) for one in newsletters} == {(State.SUCCEEDED, 1)}
    assert all(in_doubt(desk, one) for one in mails)
    others = [job for one in people for job in one.jobs if job not in held]
    desk.wait_for(State.SUCCEEDED, *odd, *others)
    assert providers.each_once(people)


def test_a_relay_that_is_killed_is_replaced_and_jobs_go_on(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    workers = celery_setup.worker_cluster
    killed = [eventually(worker.relays, within=PATIENCE_S)[0].pid for worker in workers]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    who = desk.sign_up()
    desk.wait_for(State.SUCCEEDED, *who.jobs, within=10)
    for worker in workers:
        (relay,) = eventually(worker.relays, within=10)
        assert relay.pid not in killed
    assert providers.each_once([who])


def test_everybody_killed_at_once_redis_included_and_started_again_finishes_the_work(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    people = in_the_middle(desk, providers, 5)
    families = [one for worker in celery_setup.worker_cluster for one in worker.family()]
    for worker in celery_setup.worker_cluster:
        worker.kill()
    celery_setup.broker.kill()
    eventually(lambda: gone(families), within=ORPHANED_S)
    providers.mend()
    unseen = [desk.sign_up() for _ in range(5)]
    celery_setup.broker.restart()
    start_again(*celery_setup.worker_cluster)
    desk.wait_for(State.SUCCEEDED, *(one.newsletter for one in people))
    desk.wait_for(State.SUCCEEDED, *(job for one in unseen for job in one.jobs))
    desk.wait_for(State.UNKNOWN, *(one.email for one in people))
    assert providers.each_once([*people, *unseen])


def test_a_worker_stopped_under_load_finishes_what_it_holds_and_leaves_nothing_behind(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    providers.break_("slow", latency_ms=300)
    people = [desk.sign_up() for _ in range(40)]
    jobs = [job for one in people for job in one.jobs]
    stopped = celery_setup.worker_cluster[0]
    family = stopped.family()
    pids = {one.pid for one in family}

    def busy() -> bool:
        running = [job for job in jobs if desk.job(job).state is State.RUNNING]
        return any(desk.executor(job).pid == stopped.pid for job in running)

    eventually(busy, within=PATIENCE_S)
    assert not desk.states(jobs) <= FINAL
    stopped.kill("SIGTERM")
    eventually(stopped.container.ended, within=PATIENCE_S)
    assert stopped.container.exit_code == 0
    assert gone(family)
    assert not [one for one in desk.register() if one.pid in pids]
    desk.wait_for(State.SUCCEEDED, *jobs)
    assert not [job for job in jobs if desk.history(job, "lost", "overran")]
    assert desk.running() == desk.unfinished() == 0
    assert providers.each_once(people)


def test_a_worker_stopped_while_a_provider_hangs_ends_in_time_and_hands_back_what_it_holds(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    (who,) = in_the_middle(desk, providers, 1)
    stopped = next(one for one in celery_setup.worker_cluster if one.pid == desk.executor(who.newsletter).pid)
    mail_too = stopped.pid == desk.executor(who.email).pid
    family = stopped.family()
    stopped.kill("SIGTERM")
    eventually(stopped.container.ended, within=ENDED_S)
    assert stopped.container.exit_code == 0
    eventually(lambda: gone(family), within=ORPHANED_S)
    providers.mend()
    desk.wait_for(State.SUCCEEDED, who.newsletter)
    assert [one.event for one in desk.history(who.newsletter)] == ["claimed", "handed_back", "claimed", "succeeded"]
    desk.wait_for(State.UNKNOWN if mail_too else State.SUCCEEDED, who.email)
    assert providers.each_once([who])
