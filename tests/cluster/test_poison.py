"""A job that kills whoever works on it: it dies alone, with its reason, and its neighbours pay nothing for it."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pytest_celery import CeleryTestSetup

from ledger.owed import Owed
from ledger.quarantine import DEATHS_ALONE, SUSPECT
from ledger.reading import JobView
from ledger.signups import record
from ledger.states import State
from tests.cluster.conftest import start_again
from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
POISON = Path(__file__).parent / "poison"
PATIENCE_S = 90  # two workers die and are given up, then three processes of its own


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """One: whatever it has in hand when it dies are the poison's neighbours."""
    return [Wanted(concurrency=8)]


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str]) -> dict[str, str]:
    """With the kind that kills."""
    return worker_environment | {"PYTHONPATH": f"{POISON}:{ROOT}"}


def owe_poison(database_url: str) -> UUID:
    """One job of the kind that kills."""
    owed = Owed(
        kind="test.poison",
        queue="newsletter",
        provider="poison",
        payload={},
        once=False,
        max_retries=None,
        max_age=3600,
        time_limit=20,
        resend=False,
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        address = f"poison.{uuid4().hex}@example.org"
        taken = record(connection, fact="test", address=address, name=None, locale=None, owed=[owed])
    return taken.jobs[0].id


def test_a_job_that_kills_its_worker_dies_alone_and_its_neighbours_succeed_and_pay_nothing(
    desk: Desk, database_url: str, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    providers.break_("slow", "listmonk", latency_ms=500)
    people = [desk.sign_up() for _ in range(5)]
    poison = owe_poison(database_url)

    def ended() -> JobView | None:
        start_again(*celery_setup.worker_cluster)  # as the platform would
        job = desk.job(poison)
        return job if job.finished_at else None

    job = eventually(ended, within=PATIENCE_S)
    assert (job.state, job.error_code, job.attempts) == (State.DEAD, "worker_lost", 0)
    events = [one.event for one in desk.history(poison, "lost", "died_alone")]
    assert events == ["lost"] * SUSPECT + ["died_alone"] * DEATHS_ALONE
    providers.mend()
    neighbours = [one.newsletter for one in people]
    desk.wait_for(State.SUCCEEDED, *neighbours)
    assert {(desk.job(one).attempts, desk.job(one).crashes) for one in neighbours} == {(1, 0)}
    assert [providers.created(one) for one in people] == [1] * len(people)


def test_a_job_whose_executors_were_killed_by_somebody_else_is_cleared_by_its_first_answer(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    (worker,) = celery_setup.worker_cluster
    providers.break_("slow", "listmonk", latency_ms=60_000)
    who = desk.sign_up()
    for killed in range(SUSPECT):
        eventually(lambda: desk.job(who.newsletter).state is State.RUNNING, within=PATIENCE_S)
        worker.kill()
        start_again(worker)
        eventually(lambda killed=killed: desk.job(who.newsletter).crashes == killed + 1, within=PATIENCE_S)
    providers.mend()
    desk.wait_for(State.SUCCEEDED, who.newsletter, within=PATIENCE_S)
    assert desk.job(who.newsletter).crashes == 0
    assert not desk.history(who.newsletter, "died_alone")
