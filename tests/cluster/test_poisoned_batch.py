"""A job that kills its worker, among five hundred that go in batches: halved until it is alone, and the others done."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_celery import CeleryTestSetup

from ledger.connection import session
from ledger.owed import Owed
from ledger.reading import JobView
from ledger.signups import Wanted as Owing
from ledger.signups import record_all
from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted, start_again
from tests.sandbox_process import SandboxProcess
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
POISON = Path(__file__).parent / "poison"
LIST = "a1b2c3d4e5"
BATCH = 500
ENDED_S = 180  # two workers die and are given up, then processes with fewer and fewer jobs, then three with one


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """One: whatever it has in hand when it dies are the poison's neighbours."""
    return [Wanted(concurrency=8)]


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str], _sandbox: SandboxProcess) -> dict[str, str]:
    """With the kind that kills, and a newsletter that takes five hundred in one call."""
    dsn = f"mailchimp+http://any:key@127.0.0.1:{_sandbox.http_port}/?list={LIST}"
    return worker_environment | {"PYTHONPATH": f"{POISON}:{ROOT}", "NEWSLETTER_DSN": dsn}


def owe_a_batch(database_url: str) -> list[UUID]:
    """Five hundred jobs that are due at the same moment; the one in the middle is the poison."""
    owed = Owed(
        kind="test.poisoned.batch",
        queue="newsletter",
        provider="newsletter",
        payload={},
        once=False,
        max_retries=None,
        max_age=3600,
        time_limit=20,
        resend=False,
    )
    names = ["poison" if number == BATCH // 2 else "ada" for number in range(BATCH)]
    people = [Owing("test", f"{name}.{uuid4().hex}@example.org", None, None, [owed]) for name in names]
    with session(database_url, name="test-owing") as connection:
        return [taken.jobs[0].id for taken in record_all(connection, people)]


def test_the_culprit_is_found_and_its_499_neighbours_succeed_once_each(
    desk: Desk, database_url: str, providers: Providers, celery_setup: CeleryTestSetup
) -> None:
    providers.sandbox.set_mode("mailchimp", "ok")
    providers.sandbox.clear("mailchimp")
    jobs = owe_a_batch(database_url)
    poison, neighbours = jobs[BATCH // 2], [job for job in jobs if job is not jobs[BATCH // 2]]
    assert desk.job(poison).state is not State.SUCCEEDED

    def ended() -> JobView | None:
        start_again(*celery_setup.worker_cluster)  # as the platform would
        job = desk.job(poison)
        return job if job.finished_at else None

    job = eventually(ended, within=ENDED_S)
    assert (job.state, job.error_code, job.attempts) == (State.DEAD, "worker_lost", 0)
    desk.wait_for(State.SUCCEEDED, *neighbours, within=PATIENCE_S)
    effects = providers.sandbox.totals("mailchimp")
    assert (effects["effects"], effects["repeated"]) == ({"member.added": BATCH - 1}, 0)
    assert {(one.attempts, one.crashes) for one in map(desk.job, neighbours)} == {(1, 0)}
    assert not desk.with_event(neighbours, "died_alone")
