"""Batches of mails, fifty to a connection, whose worker is killed or stopped in the middle: what is left of them goes elsewhere."""

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk, Signup
from tests.cluster.effects import Providers
from tests.cluster.nodes import UsherWorker, Wanted, start_again
from tests.waiting import eventually

GAVE_UP_WAITING = "still busy after"  # what a worker says that had to cut its work short


@pytest.fixture(scope="module", params=["threads", "prefork"])
def wanted_workers(request: pytest.FixtureRequest) -> list[Wanted]:
    """Two with one hand each, so that each has one connection to the mail server."""
    return [Wanted(request.param, 1, "email"), Wanted(request.param, 1, "email")]


def in_batches(desk: Desk, providers: Providers, latency_ms: int) -> list[Signup]:
    """People whose mails are in two batches, of which some have gone and most have not."""
    providers.break_("slow", "smtp", latency_ms=latency_ms)
    people = desk.sign_up_together(200)
    # Not one by one: the first may be small, since they were leased while most had not signed up yet.
    eventually(lambda: len(sizes := desk.batch_sizes()) == 2 and min(sizes) >= 10, within=PATIENCE_S)
    before = providers.sandbox.totals("smtp")["count"]
    eventually(lambda: providers.sandbox.totals("smtp")["count"] >= before + 6, within=PATIENCE_S)
    return people


def mails_of(desk: Desk, people: list[Signup], worker: UsherWorker) -> list[Signup]:
    """Those whose mails this worker has in hand."""
    family = {one.pid for one in worker.family()}
    running = [one for one in people if desk.job(one.email).state is State.RUNNING]
    return [one for one in running if desk.executor(one.email).pid in family]


def test_a_worker_killed_in_the_middle_leaves_one_mail_of_its_connection_in_doubt_and_the_rest_is_sent_by_others(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    people = in_batches(desk, providers, 200)
    victim = celery_setup.worker_cluster[0]
    held = mails_of(desk, people, victim)
    assert len(held) > 2, "it was in the middle"
    victim.kill()
    eventually(lambda: desk.with_event([one.email for one in held], "lost"), within=PATIENCE_S)
    providers.mend()
    desk.wait_until_final(*(one.email for one in people), within=2 * PATIENCE_S)
    standings = desk.standings(one.email for one in people)
    assert standings[State.UNKNOWN] <= 1
    assert standings[State.SUCCEEDED] >= len(people) - 1
    assert providers.sandbox.totals("smtp")["repeated"] == 0
    for one in people:
        certain = desk.job(one.email).state is State.SUCCEEDED
        assert providers.mails(one) in ({1} if certain else {0, 1})
    assert {desk.job(one.email).attempts for one in people if desk.job(one.email).state is State.SUCCEEDED} == {1}


def test_a_worker_stopped_in_the_middle_sends_the_mail_in_hand_and_hands_the_rest_back_at_once(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    people = in_batches(desk, providers, 700)
    stopped, other = celery_setup.worker_cluster
    held = [one.email for one in mails_of(desk, people, stopped)]
    for worker in (stopped, other):
        worker.kill("SIGTERM")
    for worker in (stopped, other):
        eventually(worker.container.ended, within=PATIENCE_S)
        assert worker.container.exit_code == 0
        assert GAVE_UP_WAITING not in worker.logs(), "a whole batch would have taken longer than it has"
    handed_back = desk.with_event(held, "handed_back")
    assert len(handed_back) >= len(held) - 2, "the one in hand was sent, and one more while the signal was on its way"
    assert desk.standings(held).keys() <= {State.STAGED, State.SUCCEEDED}
    assert {(desk.job(one).attempts, desk.job(one).crashes) for one in handed_back} == {(0, 0)}
    providers.mend()
    start_again(stopped, other)
    desk.wait_for(State.SUCCEEDED, *(one.email for one in people), within=2 * PATIENCE_S)
    assert providers.sandbox.totals("smtp")["repeated"] == 0
    assert not desk.with_event([one.email for one in people], "lost")
