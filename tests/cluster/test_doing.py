"""What is owed is done, once, whichever pool does it."""

import pytest
from pytest_celery import CeleryTestSetup

from ledger.states import State
from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted


@pytest.fixture(scope="module", params=["threads", "prefork"])
def wanted_workers(request: pytest.FixtureRequest) -> list[Wanted]:
    return [Wanted(request.param, concurrency=2), Wanted(request.param, concurrency=2)]


@pytest.mark.usefixtures("celery_setup")
def test_both_jobs_of_a_sign_up_are_done_at_the_first_attempt(desk: Desk, providers: Providers) -> None:
    people = [desk.sign_up() for _ in range(10)]
    jobs = [job for one in people for job in one.jobs]
    desk.wait_for(State.SUCCEEDED, *jobs)
    assert {(desk.job(one).attempts, desk.job(one).claim) for one in jobs} == {(1, 1)}
    assert providers.each_once(people)


@pytest.mark.usefixtures("celery_setup")
def test_somebody_who_signs_up_five_times_gets_one_welcome(desk: Desk, providers: Providers) -> None:
    first = desk.sign_up()
    again = [desk.sign_up(first.address) for _ in range(4)]
    desk.wait_until_final(*(job for one in (first, *again) for job in one.jobs))
    assert providers.each_once([first])
    assert sorted(desk.job(one.email).state for one in (first, *again)) == ["skipped"] * 4 + ["succeeded"]
    assert desk.states(one.newsletter for one in (first, *again)) == {State.SUCCEEDED}


@pytest.mark.usefixtures("celery_setup")
def test_one_bad_address_is_dead_with_its_reason_and_its_neighbours_are_done(desk: Desk, providers: Providers) -> None:
    good, bad = desk.sign_up(), desk.sign_up("no;address@example.org")
    desk.wait_for(State.DEAD, bad.newsletter)
    assert desk.job(bad.newsletter).error_code == "newsletter_address_rejected"
    assert [one.event for one in desk.history(bad.newsletter)] == ["claimed", "died"]
    desk.wait_for(State.SUCCEEDED, *good.jobs)
    assert (providers.created(bad), providers.created(good)) == (0, 1)


def test_every_worker_has_one_relay_and_as_many_executors_as_its_pool_has_processes(
    desk: Desk, celery_setup: CeleryTestSetup, wanted_workers: list[Wanted]
) -> None:
    for worker, wanted in zip(celery_setup.worker_cluster, wanted_workers, strict=True):
        family = {one.pid for one in worker.family()}
        relays = [one.pid for one in desk.register() if one.role == "relay" and one.pid in family]
        executors = [one.pid for one in desk.register() if one.role == "executor" and one.pid in family]
        assert relays == [one.pid for one in worker.relays()]
        assert len(executors) == (wanted.concurrency if wanted.pool == "prefork" else 1)
        assert (worker.pid in executors) == (wanted.pool == "threads")
